import FFT from "fft.js"
import { fromQuantilesAndP999 } from "./deep-quantile.ts"
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { normalCdf, normalQuantile } from "./normal.ts"
import { quantileAtScore } from "./quantile-table.ts"

export interface ConvolutionOptions {
  /** Points of the grid, a power of two; default 4,096. */
  readonly cells?: number
}

/** The grid ends at this multiple of the sum of P99.9; all counted from the sum of the least times. */
const REACH = 2

/** Scores z between which a cdf is taken as linear, up to 6 either way: 3e-6 off at most. */
const SCORES: readonly number[] = Array.from({ length: 1201 }, (_, i) => (i - 600) / 100)
const SHARES: readonly number[] = SCORES.map(normalCdf)
const LOG_SURVIVALS: readonly number[] = SCORES.map((z) => Math.log(normalCdf(-z)))
const SCORE_P999 = normalQuantile(0.999)

/**
 * The sum of independent times, see `sumQuantiles`: exact to the grid at the table's points, and its tail meets the sum's
 * P99.9 as far as a shape can. About 0.3 ms for each part.
 */
export function sumOf(parts: readonly Distribution[], options: ConvolutionOptions = {}): Distribution {
  if (parts.length === 1) return parts[0]!
  const quantiles = sumQuantiles(parts, [...PROBABILITIES, 0.999], options)
  return fromQuantilesAndP999(quantiles.slice(0, -1), quantiles.at(-1)!)
}

/**
 * Quantiles in ms of the sum of independent times at ascending probabilities, by the fast Fourier transform: every
 * distribution as masses on one grid of 4,096 points up to twice the sum of P99.9, padded with as many zeros. What
 * rounding to the grid moves a mean by is put back, so constants and narrow times are exact. The order of the parts does
 * not matter.
 */
export function sumQuantiles(
  parts: readonly Distribution[],
  probabilities: readonly number[],
  options: ConvolutionOptions = {},
): number[] {
  if (parts.length === 0) throw new Error("a sum needs at least one distribution")
  const cells = options.cells ?? 4096
  const curves = parts.map(curveOf)
  const start = curves.reduce((sum, curve) => sum + curve.times[0]!, 0)
  const spread = curves.reduce((sum, curve) => sum + curve.p999 - curve.times[0]!, 0)
  // Constants alone have no spread, and a grid needs a step above 0.
  const step = Math.max(REACH * spread, start * 1e-9) / cells
  const gridded = curves.map((curve) => massesOf(curve, step, cells))
  const shift = gridded.reduce((sum, { meanShift }) => sum + meanShift, 0)
  const masses = convolve(gridded.map((part) => part.masses))
  return quantilesOf(masses, probabilities).map((at) => start + shift + at * step)
}

interface Curve {
  /** Ascending times in ms at SCORES. */
  readonly times: Float64Array
  readonly p999: number
}

function curveOf(d: Distribution): Curve {
  const at = quantileAtScore(d)
  return {
    times: Float64Array.from(SCORES, (z, i) => at(z, LOG_SURVIVALS[i]!)),
    p999: at(SCORE_P999, Math.log(0.001)),
  }
}

interface Gridded {
  /** Mass around each point of the grid, whose first is the curve's least time. */
  readonly masses: Float64Array
  /** Mean of the curve less that of the masses, ms. */
  readonly meanShift: number
}

/** Spreads every piece of the curve evenly over the cells it covers; what lies beyond the grid goes to its last cell. */
function massesOf({ times }: Curve, step: number, cells: number): Gridded {
  const masses = new Float64Array(2 * cells)
  const least = times[0]!
  const position = (ms: number): number => Math.min((ms - least) / step + 0.5, cells - 0.5)
  masses[0]! += SHARES[0]!
  masses[cells - 1]! += 1 - SHARES.at(-1)!
  let mean = (1 - SHARES.at(-1)!) * (cells - 1)
  let from = position(least)
  for (let k = 1; k < times.length; k++) {
    const to = position(times[k]!)
    const mass = SHARES[k]! - SHARES[k - 1]!
    mean += mass * ((from + to) / 2 - 0.5)
    spreadOver(masses, mass, from, to)
    from = to
  }
  let gridMean = 0
  for (let j = 1; j < cells; j++) gridMean += j * masses[j]!
  return { masses, meanShift: (mean - gridMean) * step }
}

/** Adds `mass`, even between two positions, to the cells [j, j + 1) that they cover. */
function spreadOver(masses: Float64Array, mass: number, from: number, to: number): void {
  const first = Math.floor(from)
  const last = Math.floor(to)
  if (first === last) {
    masses[first]! += mass
    return
  }
  const perCell = mass / (to - from)
  masses[first]! += perCell * (first + 1 - from)
  for (let j = first + 1; j < last; j++) masses[j]! += perCell
  masses[last]! += perCell * (to - last)
}

/** Circular convolution of masses of one length: no wrap as long as the upper half of each is zero and of the sum is. */
function convolve(parts: readonly Float64Array[]): Float64Array {
  const length = parts[0]!.length
  const fft = new FFT(length)
  const product = new Float64Array(2 * length)
  const spectrum = new Float64Array(2 * length)
  for (const [i, part] of parts.entries()) {
    fft.realTransform(i === 0 ? product : spectrum, part)
    if (i > 0) multiply(product, spectrum, length)
  }
  fft.completeSpectrum(product)
  fft.inverseTransform(spectrum, product)
  return Float64Array.from({ length }, (_, j) => spectrum[2 * j]!)
}

/** Products of the lower halves of two spectra of real signals, in place; `length` is that of the signals. */
function multiply(product: Float64Array, spectrum: Float64Array, length: number): void {
  for (let j = 0; j <= length; j += 2) {
    const real = product[j]! * spectrum[j]! - product[j + 1]! * spectrum[j + 1]!
    product[j + 1] = product[j]! * spectrum[j + 1]! + product[j + 1]! * spectrum[j]!
    product[j] = real
  }
}

/** Positions on the grid at ascending shares, even inside a cell. */
function quantilesOf(masses: Float64Array, shares: readonly number[]): number[] {
  let below = 0
  let j = 0
  return shares.map((share) => {
    while (j < masses.length - 1 && below + masses[j]! < share) below += masses[j++]!
    return j - 0.5 + Math.min(1, Math.max(0, (share - below) / masses[j]!))
  })
}
