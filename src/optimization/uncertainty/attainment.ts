import { atLeastShare } from "../../statistics/binomial.ts"

/** How often a plan keeps its goal, counted on fresh scenarios. */
export interface Attainment {
  /** The goal's percentile. */
  readonly level: number
  /** Share of the scenarios that keep the goal. */
  readonly share: number
  /** The share is at least this, at that confidence (Clopper and Pearson 1934, one-sided). */
  readonly lower: number
  readonly confidence: number
  readonly scenarios: number
}

/** Confidence of the lower bound. */
const CONFIDENCE = 0.95

/** One tolerance for sums of times and costs. */
const TOLERANCE = 1 + 1e-9

/** Values that are at most a limit. */
export function hitsOf(values: Float64Array, limit: number): number {
  let hits = 0
  for (const value of values) if (value <= limit * TOLERANCE) hits++
  return hits
}

/**
 * The attainment that those values show. Scenarios of a Latin hypercube are counted as independent ones: their share
 * varies less, so the bound errs on the safe side.
 */
export function attainmentOf(values: Float64Array, limit: number, level: number): Attainment {
  const hits = hitsOf(values, limit)
  const scenarios = values.length
  return {
    level,
    share: hits / scenarios,
    lower: atLeastShare(hits, scenarios, CONFIDENCE),
    confidence: CONFIDENCE,
    scenarios,
  }
}

/** The fewest of so many scenarios that show a level. */
export function hitsNeeded(level: number, scenarios: number): number {
  return Math.ceil(level * scenarios - 1e-9)
}

/** Fewest common scenarios. */
const LEAST_SCENARIOS = 1500

/**
 * Common scenarios that a level needs: a plan's share on them has a standard error of 0.3 points, or of a tenth of what
 * may miss the goal where that is less. 0.9 asks for 10,000, 0.95 for 5,278, 0.99 for 9,900.
 */
export function scenariosFor(level: number): number {
  const missing = 1 - level
  const error = Math.min(0.003, missing / 10)
  return Math.max(LEAST_SCENARIOS, Math.ceil((level * missing) / (error * error)))
}
