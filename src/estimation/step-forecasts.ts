/**
 * Online calibration of whole steps: how the times of runs lay to what was predicted for them before they began.
 *
 * The score of a run is y = (t - median) / sd with sd = (Q_tau - median) / Phi^-1(tau) of its prediction. A level is
 * corrected to median + k (Q - median), k = y_(r) / Phi^-1(tau) with r = ceil((n+1) tau'): split conformal prediction on
 * a score in units of the predicted spread, at the level tau' that moved with the misses so far (Gibbs and Candes
 * 2021). Medians stay: refits move them. Since a step's deviation is the root of the summed squares of its parts'
 * (compiled-space.ts, L1), a factor on that of each part is a factor on that of the step.
 *
 * Predictions that were stretched by earlier factors say so: scores count in the units of the models alone, or each
 * correction would undo the one before.
 */
import { correctionOf, nextLevel, scoresNeeded } from "../statistics/conformal.ts"
import { type Distribution, PROBABILITIES } from "../statistics/distribution.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { fromQuantiles } from "../statistics/quantile-table.ts"
import type { StepSample } from "./sample.ts"

/** A whole step that ran after it was predicted. */
export interface StepForecast {
  readonly cold: boolean
  /** Level that was predicted, in (0.5, 1), and whether the step's time stayed within. */
  readonly tau: number
  readonly covered: boolean
  /** (t - median) / sd, with the sd that the models said. */
  readonly score: number
  /** Factor on that sd which was in the prediction. */
  readonly stretch: number
}

/** Factors on the distance from the median, at PROBABILITIES. */
export type LevelFactors = readonly number[]

/** For steps without and with cold starts. */
export interface StepFactors {
  readonly warm: LevelFactors
  readonly cold: LevelFactors
}

/** Newest forecasts that count, of one function and of the others together. */
const WINDOW = 200
/** Level that scores must be enough for before any level is corrected by them. */
const LEAST_CERTAIN = 0.95
const ENOUGH = scoresNeeded(LEAST_CERTAIN)
/** Factors never leave this range: beyond it the model is to be measured anew, not stretched. */
const BOUNDS = { least: 0.5, most: 4 } as const

/** The forecasts among the steps, oldest first. Those that were predicted warm and ran cold, or the other way, say nothing. */
export function stepForecasts(steps: readonly StepSample[]): readonly StepForecast[] {
  return steps
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap((step): readonly StepForecast[] => {
      const { predicted, wallMs, cold } = step
      if (predicted === undefined || predicted.coldStarts > 0 !== cold > 0) return []
      const { medianMs, percentile: tau, percentileMs, stretch = 1 } = predicted
      const sd = (percentileMs - medianMs) / normalQuantile(tau) / stretch
      if (!(tau > 0.5 && sd > 0)) return []
      return [{ cold: cold > 0, tau, covered: wallMs <= percentileMs, score: (wallMs - medianMs) / sd, stretch }]
    })
}

/** True where the time stayed within what was predicted at `tau`, whatever level was recorded. */
export function isWithin({ score, stretch }: StepForecast, tau: number): boolean {
  return score <= stretch * normalQuantile(tau)
}

/**
 * Factors from a function's own forecasts; where they are fewer than a level needs, those of the platform's other
 * functions join them. With too few altogether only the moved level widens. Undefined without own forecasts.
 */
export function stepFactors(own: readonly StepForecast[], others: readonly StepForecast[]): StepFactors | undefined {
  if (own.length === 0) return undefined
  const of = (cold: boolean): LevelFactors => {
    const isSame = (forecast: StepForecast): boolean => forecast.cold === cold
    return levelFactors(own.filter(isSame).slice(-WINDOW), others.filter(isSame).slice(-WINDOW))
  }
  return { warm: of(false), cold: of(true) }
}

function levelFactors(own: readonly StepForecast[], others: readonly StepForecast[]): LevelFactors {
  if (own.length === 0) return PROBABILITIES.map(() => 1)
  const moved = movedBy(own)
  const scores = own.map(({ score }) => score)
  const all = [...scores, ...others.map(({ score }) => score)]
  if (all.length < ENOUGH) return PROBABILITIES.map((tau) => readFurtherOut(tau, moved))
  return PROBABILITIES.map((tau) => {
    const enough = own.length >= scoresNeeded(tau) ? scores : all
    // P99 takes the factor of P95 until it has enough scores of its own.
    const level = enough.length >= scoresNeeded(tau) ? tau : LEAST_CERTAIN
    return tau === 0.5 ? 1 : scoreFactor(enough, level, moved)
  })
}

/** How far the level has moved from what was asked for, from the misses so far. */
function movedBy(own: readonly StepForecast[]): number {
  return own.reduce((moved, { tau, covered }) => nextLevel(tau + moved, { tau, covered }) - tau, 0)
}

/** The level to read in place of `tau`: as far outwards as the misses moved it, at most half of what is left. */
function movedLevel(tau: number, moved: number): number {
  const room = Math.min(tau, 1 - tau) / 2
  return tau + Math.sign(tau - 0.5) * Math.min(room, Math.max(-room, moved))
}

function scoreFactor(scores: readonly number[], tau: number, moved: number): number {
  // Beyond its outermost scores a set knows nothing.
  const room = 1 / (scores.length + 1)
  const level = Math.min(1 - room, Math.max(room, movedLevel(tau, moved)))
  const factor = correctionOf(scores, level) / normalQuantile(tau)
  return Math.min(BOUNDS.most, Math.max(BOUNDS.least, factor))
}

/** Without enough scores the prediction itself is read further out, never further in. */
function readFurtherOut(tau: number, moved: number): number {
  return tau === 0.5 || moved <= 0 ? 1 : normalQuantile(movedLevel(tau, moved)) / normalQuantile(tau)
}

const Z: readonly number[] = PROBABILITIES.map(normalQuantile)

/** The factor at any level, linear in Phi^-1(p) between PROBABILITIES; at its end outside. */
export function factorAt(factors: LevelFactors, p: number): number {
  const z = normalQuantile(p)
  if (z <= Z[0]!) return factors[0]!
  const i = Z.findIndex((point) => z <= point)
  if (i < 0) return factors.at(-1)!
  const share = (z - Z[i - 1]!) / (Z[i]! - Z[i - 1]!)
  return factors[i - 1]! + share * (factors[i]! - factors[i - 1]!)
}

/** Each quantile moved to median + factor (Q - median). */
export function stretched(d: Distribution, factors: LevelFactors | undefined): Distribution {
  if (factors === undefined || factors.every((factor) => factor === 1)) return d
  const median = Math.exp(d.logMs[2]!)
  const quantiles = d.logMs.map((log, i) => median + factors[i]! * (Math.exp(log) - median))
  return fromQuantiles(quantiles, { xi: d.tail.xi, fromP: 0.99 })
}
