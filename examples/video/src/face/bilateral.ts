/** Pixels on each side of a pixel that count. */
const RADIUS = 4
/** Spread over distance, pixels, and over brightness, steps of 256. */
const SIGMA_SPACE = 3
const SIGMA_TONE = 25

const SPAN = 2 * RADIUS + 1
const near = new Float32Array(SPAN * SPAN)
for (let at = 0; at < near.length; at += 1) {
  const [x, y] = [(at % SPAN) - RADIUS, Math.floor(at / SPAN) - RADIUS]
  near[at] = Math.exp(-(x * x + y * y) / (2 * SIGMA_SPACE ** 2))
}
/** By the sum of the differences of the three channels. */
const alike = Float32Array.from({ length: 3 * 256 }, (_, sum) => Math.exp(-((sum / 3) ** 2) / (2 * SIGMA_TONE ** 2)))

/** Bilateral filter over RGB pixels: the mean of what is near and alike (Tomasi and Manduchi, 1998). 81 taps a pixel. */
export function bilateral(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const smooth = new Uint8Array(pixels.length)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) smoothPixel({ pixels, width, height, smooth }, x, y)
  return smooth
}

interface Images {
  readonly pixels: Uint8Array
  readonly smooth: Uint8Array
  readonly width: number
  readonly height: number
}

function smoothPixel({ pixels, smooth, width, height }: Images, x: number, y: number): void {
  const at = (y * width + x) * 3
  const [red, green, blue] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!]
  let sumRed = 0
  let sumGreen = 0
  let sumBlue = 0
  let weights = 0
  for (let dy = -RADIUS; dy <= RADIUS; dy += 1) {
    const row = Math.min(height - 1, Math.max(0, y + dy)) * width
    for (let dx = -RADIUS; dx <= RADIUS; dx += 1) {
      const from = (row + Math.min(width - 1, Math.max(0, x + dx))) * 3
      const [r, g, b] = [pixels[from]!, pixels[from + 1]!, pixels[from + 2]!]
      const apart = Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue)
      const weight = near[(dy + RADIUS) * SPAN + dx + RADIUS]! * alike[apart]!
      sumRed += weight * r
      sumGreen += weight * g
      sumBlue += weight * b
      weights += weight
    }
  }
  smooth[at] = sumRed / weights
  smooth[at + 1] = sumGreen / weights
  smooth[at + 2] = sumBlue / weights
}
