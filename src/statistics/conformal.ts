/**
 * Split conformal correction of predicted quantiles (Romano, Patterson, Candes 2019, in logs): scores ln(t / Q_tau)
 * at points that the fit has not seen, corrected by the k-th smallest of them, k = ceil((n + 1) tau). On exchangeable
 * data the corrected quantile covers at least tau of what comes next, whatever the model.
 *
 * K1. The corrected quantiles rise with tau.
 * K2. A set too small for its level widens the prediction and never fails.
 */
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { normalQuantile } from "./normal.ts"
import { fromLogs, quantile } from "./quantile-table.ts"

/** A time and what was predicted for it before it was seen. */
export interface Forecast {
  readonly ms: number
  readonly predicted: Distribution
}

export interface ConformalOptions {
  /** Scores of others of the same kind (platform and part), used where a level needs more than there are. */
  readonly borrowed?: readonly Forecast[]
  /** Sd of ln t by which a level without any score is widened; fades as scores come. */
  readonly widenSd?: number
}

/** Scores that a level needs to be corrected by: 19 for .95 (and for .05), 99 for .99. */
export function scoresNeeded(tau: number): number {
  return Math.ceil(Math.max(tau / (1 - tau), (1 - tau) / tau) - 1e-9)
}

/** Widening of a level that has no score. */
const WIDEN_SD = 0.05

/**
 * The correction s of ln Q_tau from scores ln(t / Q_tau): the ceil((n+1) tau)-th smallest; below the median the
 * floor((n+1) tau)-th, so that both tails are covered. With fewer scores than the level needs, the extreme one moved
 * outwards by the share that is missing of `widenSd` |z|.
 */
export function correctionOf(scores: readonly number[], tau: number, widenSd: number = WIDEN_SD): number {
  const sorted = scores.toSorted((a, b) => a - b)
  const needed = scoresNeeded(tau)
  if (sorted.length >= needed) return sorted[rankOf(sorted.length, tau) - 1]!
  const missing = 1 - sorted.length / needed
  const extreme = tau >= 0.5 ? Math.max(0, sorted.at(-1) ?? 0) : Math.min(0, sorted[0] ?? 0)
  return extreme + missing * widenSd * normalQuantile(tau)
}

function rankOf(count: number, tau: number): number {
  const exact = (count + 1) * tau
  const rank = tau >= 0.5 ? Math.ceil(exact - 1e-9) : Math.floor(exact + 1e-9)
  return Math.min(count, Math.max(1, rank))
}

/** What ln Q is moved by at each of PROBABILITIES. Cost O(forecasts log forecasts). */
export type Corrections = readonly number[]

/** The corrections at all levels; each borrows only if its own scores are too few. */
export function correctionsOf(forecasts: readonly Forecast[], options: ConformalOptions = {}): Corrections {
  const all = [...forecasts, ...(options.borrowed ?? [])]
  return PROBABILITIES.map((tau) => {
    const enough = forecasts.length >= scoresNeeded(tau)
    const scores = (enough ? forecasts : all).map(({ ms, predicted }) => Math.log(ms / quantile(predicted, tau)))
    return correctionOf(scores, tau, options.widenSd)
  })
}

/** Q'_tau = Q_tau e^s, sorted again (K1). A tail that begins at P99 begins there after it too. */
export function corrected(d: Distribution, corrections: Corrections): Distribution {
  const logs = d.logMs.map((log, i) => log + corrections[i]!).sort((a, b) => a - b)
  return fromLogs(logs, { xi: d.tail.xi, fromP: 0.99 })
}

/** Step of the moving level (Gibbs and Candes 2021). */
const LEVEL_STEP = 0.02
/** Levels never leave this range: beyond it the table knows nothing. */
const LEVELS = { least: 0.001, most: 0.999 } as const

/** The level to ask for next so that `tau` of all times stay covered in the long run: tau' += .02 (tau - covered). */
export function nextLevel(
  level: number,
  { tau, covered }: { readonly tau: number; readonly covered: boolean },
): number {
  const moved = level + LEVEL_STEP * (tau - (covered ? 1 : 0))
  return Math.min(LEVELS.most, Math.max(LEVELS.least, moved))
}

/** The distribution read at levels that are `by` further from the median, at most half of what is left to the end. */
export function widened(d: Distribution, by: number): Distribution {
  if (by <= 0) return d
  const logs = PROBABILITIES.map((p) => {
    if (p === 0.5) return d.logMs[2]!
    const room = Math.min(p, 1 - p) / 2
    return Math.log(quantile(d, p + Math.sign(p - 0.5) * Math.min(by, room)))
  })
  return fromLogs(logs, { xi: d.tail.xi, fromP: 0.99 })
}
