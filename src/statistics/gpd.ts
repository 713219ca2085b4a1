/**
 * The generalised Pareto law of an excess y >= 0 over a threshold: P(Y > y) = (1 + xi y / beta)^(-1/xi), and
 * exp(-y / beta) for xi = 0. Its shape xi says how heavy the tail is and does not depend on the threshold.
 */
export interface GeneralisedPareto {
  readonly xi: number
  /** Scale, in the unit of the excess; 0 is a law with all its mass at the threshold. */
  readonly beta: number
}

/** A shape of one half has no variance any more; it is held just below. */
export const MAX_XI = 0.49

/** Shape of a tail that nothing is known about: real tails of warm times lie at .1-.2. */
export const DEFAULT_XI = 0.15

/** Below this the law is the exponential to the last digit. */
const EXPONENTIAL_BELOW = 1e-12

/** The excess that a share `survival` in (0, 1] of all excesses goes beyond. */
export function excessQuantile(law: GeneralisedPareto, survival: number): number {
  const hazard = -Math.log(survival)
  return law.beta * (law.xi < EXPONENTIAL_BELOW ? hazard : Math.expm1(law.xi * hazard) / law.xi)
}

/** Share of all excesses that go beyond `excess`; 1 for `excess` < 0. */
export function excessSurvival(law: GeneralisedPareto, excess: number): number {
  if (law.beta <= 0) return excess < 0 ? 1 : 0
  if (excess <= 0) return 1
  const y = excess / law.beta
  return Math.exp(law.xi < EXPONENTIAL_BELOW ? -y : -Math.log1p(law.xi * y) / law.xi)
}

/** Density at `excess` >= 0, per unit of the excess. */
export function excessDensity(law: GeneralisedPareto, excess: number): number {
  return excessSurvival(law, excess) / (law.beta + law.xi * excess)
}

/** Mean of the excess and of its square; needs xi < 1/2. */
export function excessMoments(law: GeneralisedPareto): { readonly mean: number; readonly square: number } {
  const { xi, beta } = law
  return { mean: beta / (1 - xi), square: (2 * beta * beta) / ((1 - xi) * (1 - 2 * xi)) }
}

/**
 * Shape and scale from ascending excesses by probability-weighted moments (Hosking and Wallis 1987), shape held in
 * [0, MAX_XI]; null where they tell nothing (fewer than two, or all equal).
 */
export function fitExcesses(ascending: readonly number[]): GeneralisedPareto | null {
  const count = ascending.length
  let first = 0
  let weighted = 0
  for (const [i, excess] of ascending.entries()) {
    first += excess / count
    weighted += (excess * (1 - (i + 0.65) / count)) / count
  }
  if (count < 2 || !(weighted > 0) || !(first > 2 * weighted)) return null
  const xi = Math.min(Math.max(2 - first / (first - 2 * weighted), 0), MAX_XI)
  return { xi, beta: first * (1 - xi) }
}

/** Samples that the pooled shape counts for. */
const SHAPE_PRIOR = 200
/** Fewer samples have too few excesses over P90 to say anything of their own. */
const OWN_SHAPE_FROM = 50

/**
 * Shape of the tail of ascending samples: its own, from the excesses over P90, shrunk to `pooled` with weight
 * n / (n + 200); `pooled` alone below 50 samples. Always in [0, MAX_XI].
 */
export function shrunkShape(ascending: readonly number[], pooled: number = DEFAULT_XI): number {
  const count = ascending.length
  if (count < OWN_SHAPE_FROM) return pooled
  const from = Math.floor(count * 0.9)
  const own = fitExcesses(ascending.slice(from + 1).map((value) => value - ascending[from]!))?.xi ?? pooled
  const trust = count / (count + SHAPE_PRIOR)
  return trust * own + (1 - trust) * pooled
}
