import { join } from "node:path"
import sharp from "sharp"
import { type DetectedFrame, type Detection, LARGE, type Watermark } from "./frames.ts"
import { svg, textPath, textWidth } from "./glyphs.ts"
import type { Context } from "../../../src/index.ts"

const MARK = "TRIMTAB"
const SIZE = 15
/** Drawn this many times as wide and high, then scaled down. */
const OVERSAMPLE = 3
/** Opacity of the pattern beside the objects, and over them. */
const BESIDE = 0.42
const OVER = 0.1

sharp.concurrency(1)
const pattern = svg(LARGE.width, LARGE.height, tiles(), OVERSAMPLE)

/**
 * Makes the watermark of one keyframe as a transparent layer: a pattern, light on dark and dark on light, that is
 * faint where objects were found. It needs the objects and not the enlarged frame, so it runs beside super-resolution.
 */
export async function handler(frame: DetectedFrame, context: Context): Promise<Watermark> {
  const shape = await sharp(pattern).resize(LARGE.width, LARGE.height, { kernel: "lanczos3" }).raw().toBuffer()
  const light = await sharp(frame.image.path)
    .resize(LARGE.width, LARGE.height, { fit: "fill" })
    .toColourspace("b-w")
    .blur(6)
    .raw()
    .toBuffer()
  const clear = await sharp(svg(LARGE.width, LARGE.height, covers(frame.objects)))
    .flatten({ background: "#fff" })
    .toColourspace("b-w")
    .blur(8)
    .raw()
    .toBuffer()
  const layer = ink(shape, light, clear)
  const path = join(context.tmpDir, `watermark-${frame.index}.png`)
  await sharp(layer, { raw: { ...LARGE, channels: 4 } })
    .png()
    .toFile(path)
  return { index: frame.index, objects: frame.objects, overlay: context.file(path) }
}

/** `shape` is RGBA, `light` and `clear` one byte a pixel: how bright the frame is, how far from an object. */
function ink(shape: Uint8Array, light: Uint8Array, clear: Uint8Array): Uint8Array {
  const layer = new Uint8Array(shape.length)
  for (let pixel = 0; pixel < light.length; pixel += 1) {
    const tone = light[pixel]! > 140 ? 0 : 255
    const share = OVER + ((BESIDE - OVER) * clear[pixel]!) / 255
    layer.fill(tone, pixel * 4, pixel * 4 + 3)
    layer[pixel * 4 + 3] = Math.round(shape[pixel * 4 + 3]! * share)
  }
  return layer
}

function tiles(): string {
  const step = textWidth(MARK, SIZE) + 26
  let paths = ""
  for (let row = -6; row < 14; row += 1) {
    for (let column = -1; column < 6; column += 1) {
      paths += textPath(MARK, column * step + (row % 2) * (step / 2), row * 34, SIZE)
    }
  }
  return `<g fill="#fff" transform="rotate(-24)">${paths}</g>`
}

function covers(objects: readonly Detection[]): string {
  return objects
    .map(({ box: [x, y, width, height] }) => {
      const at = `x="${x * LARGE.width}" y="${y * LARGE.height}"`
      return `<rect ${at} width="${width * LARGE.width}" height="${height * LARGE.height}" fill="#000"/>`
    })
    .join("")
}
