import { normalQuantile } from "../statistics/normal.ts"
import { median } from "../statistics/order-statistics.ts"

/**
 * The level to fit so that a share tau of new points lies below the plane. A plane of d columns through n rows covers
 * tau - (tau - 1/2) d/n of what it has not seen (Bai, Mei, Wang and Xiong 2021, theorem 1: quantile regression
 * under-covers even where the model is right); this is that, solved for the level. The median needs nothing.
 */
export function fittedLevel(tau: number, rows: number, columns: number): number {
  const used = columns / rows
  if (used >= 1) return tau
  const level = (tau - used / 2) / (1 - used)
  // Beyond the last half row a plane cannot go.
  return Math.min(Math.max(level, 0.5 / rows), 1 - 0.5 / rows)
}

/** Samples that the prior spread counts for. */
const PRIOR_WEIGHT = 3
/** Below the first count the spread is lognormal, from the second on that of the rows. */
const LOGNORMAL_BELOW = 5
const EMPIRICAL_FROM = 25

/**
 * Factors from a plane at one level to other levels, from the logs of the ratios of what was measured to that plane:
 * order statistics, outside them lognormal with the spread of the rows; with fewer than 25 rows shrunk to a lognormal whose prior spread counts three rows.
 */
export function ratioSpread(
  logs: readonly number[],
  fit: { readonly level: number; readonly priorLogSd: number },
): (p: number) => number {
  const count = logs.length
  const sorted = logs.toSorted((a, b) => a - b)
  const centre = count > 0 ? median(logs) : 0
  // One row off by orders of magnitude should not make the spread of all.
  const squares = logs.reduce((sum, log) => sum + Math.min(Math.abs(log - centre), 2) ** 2, 0)
  const shrunkSd = Math.sqrt((PRIOR_WEIGHT * fit.priorLogSd ** 2 + squares) / (PRIOR_WEIGHT + Math.max(0, count - 1)))
  const own = Math.min(1, Math.max(0, (count - LOGNORMAL_BELOW) / (EMPIRICAL_FROM - LOGNORMAL_BELOW)))
  const ownSd = Math.sqrt(squares / Math.max(1, count))
  return (p) => {
    const parametric = (normalQuantile(p) - normalQuantile(fit.level)) * shrunkSd
    const empirical = own > 0 ? orderStatistic(sorted, fittedLevel(p, count, 1), ownSd) : 0
    // Never to the other side of the level that it starts from.
    const clamped = p > fit.level ? Math.max(0, empirical) : Math.min(0, empirical)
    return Math.exp((1 - own) * parametric + own * clamped)
  }
}

/** The value at p with a share i / (n + 1) below the i-th; outside the sample lognormal with `logSd`. */
function orderStatistic(sorted: readonly number[], p: number, logSd: number): number {
  const count = sorted.length
  const at = p * (count + 1) - 1
  if (at <= 0) return sorted[0]! + (normalQuantile(p) - normalQuantile(1 / (count + 1))) * logSd
  if (at >= count - 1) return sorted[count - 1]! + (normalQuantile(p) - normalQuantile(count / (count + 1))) * logSd
  const low = Math.floor(at)
  return sorted[low]! + (at - low) * (sorted[low + 1]! - sorted[low]!)
}
