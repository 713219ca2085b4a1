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

/**
 * The noise of compute times as a factor around 1, pooled over functions: log ratios to the cell median, freed of the
 * bias of small cells (n / (n - 1)), shrunk to 5 %, at least 3 %.
 */
export function poolNoise(cells: readonly CellResiduals[]): Distribution {
  let squares = 0
  let spare = 0
  const scaled: number[] = []
  for (const { residuals } of cells) {
    const count = residuals.length
    const inflate = Math.sqrt(count / (count - 1))
    // A wild sample says that tails are heavy, not that all times spread: it counts as three sd of the rest.
    const bound = Math.max(3 * robustSd(residuals), 0.3)
    for (const residual of residuals) {
      squares += Math.min(Math.abs(residual), bound) ** 2
      if (count >= LARGE_CELL) scaled.push(Math.exp(residual * inflate))
    }
    spare += count - 1
  }
  const sd = Math.sqrt((PRIOR_WEIGHT * PRIOR_NOISE ** 2 + squares) / (PRIOR_WEIGHT + spare))
  if (scaled.length < EMPIRICAL_FROM) return logNormal(1, clamp(sd))
  return fromSamples(scaled, { priorLogSd: clamp(sd), minLogSd: LEAST_NOISE })
}

function clamp(sd: number): number {
  return Math.min(MOST_NOISE, Math.max(LEAST_NOISE, sd))
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
