import { normalCdf, normalDensity } from "../../statistics/normal.ts"

/** A normal belief about one value. */
export interface Belief {
  readonly mean: number
  readonly variance: number
}

/** Expected improvement below `incumbent` under a normal belief (Jones, Schonlau and Welch 1998, eq. 15). */
export function expectedImprovement({ mean, variance }: Belief, incumbent: number, margin = 0): number {
  const gain = incumbent - margin - mean
  const sd = Math.sqrt(variance)
  if (!(sd > 0)) return Math.max(0, gain)
  const z = gain / sd
  return gain * normalCdf(z) + sd * normalDensity(z)
}

/** Probability that a value believed to be normal is at most `bound`. */
export function probabilityWithin({ mean, variance }: Belief, bound: number): number {
  const sd = Math.sqrt(variance)
  return sd > 0 ? normalCdf((bound - mean) / sd) : Number(mean <= bound)
}

/**
 * Constrained expected improvement (Gardner et al. 2014): improvement of the objective times the probability that the
 * constraint holds; that probability alone as long as nothing feasible is known (`incumbent` null).
 */
export function constrainedImprovement(
  beliefs: { readonly objective: Belief; readonly constraint: Belief },
  { incumbent, bound }: { readonly incumbent: number | null; readonly bound: number },
): number {
  const holds = probabilityWithin(beliefs.constraint, bound)
  return incumbent === null ? holds : holds * expectedImprovement(beliefs.objective, incumbent)
}
