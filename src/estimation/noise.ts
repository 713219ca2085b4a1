import { type Distribution, PROBABILITIES } from "../statistics/distribution.ts"
import { fromSamples } from "../statistics/from-samples.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { robustSd } from "../statistics/order-statistics.ts"
import { fromLogs, logNormal } from "../statistics/quantile-table.ts"
import { maxOf } from "../statistics/quantile-table-operations.ts"
import type { CellResiduals } from "./cells.ts"

/** Run-to-run noise of warm compute times: below this no few samples are believed, sd of ln t. */
export const LEAST_NOISE = 0.03
/** Spread expected before anything was repeated. */
const PRIOR_NOISE = 0.05
const PRIOR_WEIGHT = 4
/**
 * From this many residuals on their own quantiles are used instead of a lognormal. Only large cells count: of three
 * samples one is the median itself, and a third of all residuals would be 0.
 */
const EMPIRICAL_FROM = 60
const LARGE_CELL = 10
/** Noise above this means that the cells mix different things; percentiles would explode. */
const MOST_NOISE = 0.5

/** What repeated runs tell about the noise of compute times, pooled over functions. */
export interface NoisePool {
  /** Variance of ln t, the prior included. */
  readonly variance: number
  /** Repetitions behind it, the prior included. */
  readonly weight: number
  /** Ratios to the median of large cells, where there are enough of them. */
  readonly ratios: readonly number[]
}

/** Pools log ratios to the cell median: shrunk to 5 %, wild ones held at three sd of their cell or 0.3. */
export function poolNoise(cells: readonly CellResiduals[]): NoisePool {
  let squares = 0
  let spare = 0
  const ratios: number[] = []
  for (const { residuals } of cells) {
    const count = residuals.length
    const inflate = Math.sqrt(count / (count - 1))
    // A wild sample says that tails are heavy, not that all times spread.
    const bound = Math.max(3 * robustSd(residuals), 0.3)
    for (const residual of residuals) {
      squares += Math.min(Math.abs(residual), bound) ** 2
      if (count >= LARGE_CELL) ratios.push(Math.exp(residual * inflate))
    }
    spare += count - 1
  }
  const weight = PRIOR_WEIGHT + spare
  return { variance: (PRIOR_WEIGHT * PRIOR_NOISE ** 2 + squares) / weight, weight, ratios }
}

/** Spread of a function's own cells around its curve. */
export interface CurveSpread {
  readonly variance: number
  /** Cells beyond the parameters fitted to them; 0 or less tells nothing. */
  readonly spare: number
}

/**
 * The noise of one function as a factor around 1, at least 3 %: that of the pool, and the spread around its own curve,
 * which counts half since it holds errors of the curve too. Without repetitions it is all there is.
 */
export function noiseOf(pool: NoisePool, own: CurveSpread): Distribution {
  const ownWeight = Math.max(0, own.spare) / 2
  const variance = (pool.weight * pool.variance + ownWeight * own.variance) / (pool.weight + ownWeight)
  const sd = Math.min(MOST_NOISE, Math.max(LEAST_NOISE, Math.sqrt(variance)))
  if (pool.ratios.length < EMPIRICAL_FROM) return logNormal(1, sd)
  return fromSamples(pool.ratios, { priorLogSd: sd, minLogSd: LEAST_NOISE })
}

/**
 * The factor on a median curve for the slowest of `instances`: their noises are independent, the error of the curve's
 * form (sd of its log) is common to all. Around the median the two spreads add in squares of logs.
 */
export function slowestFactor(noise: Distribution, formSd: number, instances: number): Distribution {
  const slowest = maxOf(noise, instances)
  const centre = slowest.logMs[2]!
  return fromLogs(
    PROBABILITIES.map((p, i) => {
      const own = slowest.logMs[i]! - centre
      return centre + Math.sign(p - 0.5) * Math.hypot(own, formSd * normalQuantile(p))
    }),
    { xi: slowest.tail.xi, fromP: 0.95 },
  )
}
