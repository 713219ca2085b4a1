/**
 * ConfigNavigator's distribution to the letter (section 3.1): a normal law with the given mean and variance, a Pareto
 * law with the given mean and P95, and "a smoothing function", which the paper does not give; ours is the smoothstep of
 * the two cdfs between mean + sd/2 and P95. It is here to be compared with: it need not be a law at all.
 *
 * A Pareto law P(T > t) = (x/t)^a has p95/mean = (a-1)/a 20^(1/a), which peaks at 2.456 for a = 1.501: above that no
 * Pareto has this mean and P95, below it two have; the one with a > 1.501 is taken, whose tail is the lighter.
 */
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { DEFAULT_XI } from "./gpd.ts"
import { normalCdf } from "./normal.ts"
import { fromQuantiles } from "./quantile-table.ts"

export interface ConfigNavigatorBlend {
  readonly mean: number
  readonly sd: number
  readonly p95: number
  /** Exponent a of the Pareto law. */
  readonly alpha: number
  /** False: no Pareto law has this mean and P95, and alpha is the nearest to one, 1.501. */
  readonly solvable: boolean
}

/** Where (a-1)/a 20^(1/a) peaks: a (a - 1) = a^2 / ln 20 solved for a. */
export const PEAK_ALPHA: number = Math.log(20) / (Math.log(20) - 1)

/** The largest p95/mean of a Pareto law, 2.456. */
export const PEAK_RATIO: number = p95OverMean(PEAK_ALPHA)

function p95OverMean(alpha: number): number {
  return ((alpha - 1) / alpha) * 20 ** (1 / alpha)
}

/**
 * The blend for a mean, sd and P95 in ms, all > 0. Also unsolvable below p95/mean = 1, which no alpha reaches: then alpha
 * is the largest tried, 1e6.
 */
export function configNavigatorBlend(figures: {
  readonly mean: number
  readonly sd: number
  readonly p95: number
}): ConfigNavigatorBlend {
  const ratio = figures.p95 / figures.mean
  if (!(ratio <= PEAK_RATIO)) return { ...figures, alpha: PEAK_ALPHA, solvable: false }
  let [low, high] = [PEAK_ALPHA, MOST_ALPHA]
  if (ratio <= p95OverMean(MOST_ALPHA)) return { ...figures, alpha: MOST_ALPHA, solvable: false }
  for (let i = 0; i < 80; i++) {
    const middle = Math.sqrt(low * high)
    if (p95OverMean(middle) > ratio) low = middle
    else high = middle
  }
  return { ...figures, alpha: high, solvable: true }
}

const MOST_ALPHA = 1e6

/** The blended share at `ms`, as printed: it may fall where the Pareto's cdf is below the normal one. */
export function blendedShare(blend: ConfigNavigatorBlend, ms: number): number {
  const { mean, sd, p95, alpha } = blend
  const normal = normalCdf((ms - mean) / sd)
  const least = (mean * (alpha - 1)) / alpha
  const pareto = ms <= least ? 0 : 1 - (least / ms) ** alpha
  const from = mean + sd / 2
  const weight = smoothstep(p95 > from ? (ms - from) / (p95 - from) : ms >= p95 ? 1 : 0)
  return (1 - weight) * normal + weight * pareto
}

function smoothstep(x: number): number {
  const y = Math.min(1, Math.max(0, x))
  return y * y * (3 - 2 * y)
}

/** The first time at which the blended share reaches p in (0, 1): so crossings of the printed form do no harm. */
export function blendQuantile(blend: ConfigNavigatorBlend, p: number): number {
  const grid = gridOf(blend, p)
  const at = grid.findIndex((ms) => blendedShare(blend, ms) >= p)
  let [low, high] = [grid[at - 1] ?? grid[0]!, grid[at] ?? grid.at(-1)!]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (blendedShare(blend, middle) >= p) high = middle
    else low = middle
  }
  return high
}

const STEPS = 256

/** From far below to beyond the quantile of either law: the normal's range evenly, then the Pareto's by its logarithm. */
function gridOf({ mean, sd, p95, alpha }: ConfigNavigatorBlend, p: number): number[] {
  const even = Array.from({ length: STEPS }, (_, i) => mean - 8 * sd + (16 * sd * i) / (STEPS - 1))
  const top = even.at(-1)!
  const last = Math.max(2 * top, 2 * p95, 2 * mean * (1 - p) ** (-1 / alpha))
  const beyond = Array.from({ length: STEPS }, (_, i) => top * (last / top) ** ((i + 1) / STEPS))
  return [...even, p95, ...beyond].sort((a, b) => a - b)
}

/** The quantile table of the blend. Its shape beyond P99 is the Pareto's 1/alpha, as far as a table can have it. */
export function fromBlend(blend: ConfigNavigatorBlend): Distribution {
  const xi = blend.solvable ? 1 / blend.alpha : DEFAULT_XI
  return fromQuantiles(
    PROBABILITIES.map((p) => blendQuantile(blend, p)),
    { xi, fromP: 0.99 },
  )
}
