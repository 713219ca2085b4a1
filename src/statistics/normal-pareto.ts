/**
 * A normal body with a generalised Pareto tail, joined with continuous density and slope: the well-posed form of
 * ConfigNavigator's normal and Pareto (section 3.1), which gives no way to join them. Body N(mu, sigma) up to the
 * junction t = mu + z sigma; beyond it a tail of scale beta = (1 + xi) sigma / z, so that both slopes are equal. Both
 * are divided by Z = Phi(z) + phi(z)(1 + xi)/z, and the mass below 0 is left out, since times are positive.
 */
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { excessDensity, excessMoments, excessQuantile, excessSurvival, type GeneralisedPareto } from "./gpd.ts"
import { normalCdf, normalDensity, normalQuantile } from "./normal.ts"
import { fromQuantiles } from "./quantile-table.ts"

export interface NormalPareto {
  /** Mean and standard deviation of the body, ms. */
  readonly mu: number
  readonly sigma: number
  /** Junction in standard deviations above mu, > 0. */
  readonly z: number
  /** Shape of the tail, in [0, 1/2). */
  readonly xi: number
}

interface Joined {
  /** Z: body and tail before they are divided by it. */
  readonly total: number
  readonly junction: number
  readonly tail: GeneralisedPareto
  /** Share of the tail. */
  readonly tailMass: number
  /** Share of the body below 0, which is left out. */
  readonly belowZero: number
}

function joinedOf({ mu, sigma, z, xi }: NormalPareto): Joined {
  const beta = ((1 + xi) * sigma) / z
  const tailArea = (normalDensity(z) * (1 + xi)) / z
  const total = normalCdf(z) + tailArea
  const junction = mu + z * sigma
  return {
    total,
    junction,
    tail: { xi, beta },
    tailMass: tailArea / total,
    belowZero: normalCdf(-mu / sigma) / total,
  }
}

/** Share of times that do not exceed `ms`. */
export function normalParetoCdf(law: NormalPareto, ms: number): number {
  if (ms <= 0) return 0
  const { total, junction, tail, tailMass, belowZero } = joinedOf(law)
  const share =
    ms < junction ? normalCdf((ms - law.mu) / law.sigma) / total : 1 - tailMass * excessSurvival(tail, ms - junction)
  return (share - belowZero) / (1 - belowZero)
}

/** Density per ms. */
export function normalParetoDensity(law: NormalPareto, ms: number): number {
  if (ms <= 0) return 0
  const { total, junction, tail, tailMass, belowZero } = joinedOf(law)
  const density =
    ms < junction
      ? normalDensity((ms - law.mu) / law.sigma) / (law.sigma * total)
      : tailMass * excessDensity(tail, ms - junction)
  return density / (1 - belowZero)
}

/** The time that a share p in (0, 1) of all times does not exceed, ms: each branch inverted in closed form. */
export function normalParetoQuantile(law: NormalPareto, p: number): number {
  const { total, junction, tail, tailMass, belowZero } = joinedOf(law)
  const beyond = (1 - p) * (1 - belowZero)
  if (beyond < tailMass) return junction + excessQuantile(tail, beyond / tailMass)
  return law.mu + law.sigma * normalQuantile((1 - beyond) * total)
}

/** Mean and standard deviation, ms: closed forms of both branches, less what lies below 0. */
export function normalParetoMoments(law: NormalPareto): { readonly mean: number; readonly sd: number } {
  const { mu, sigma, z } = law
  const { total, junction, tail, tailMass, belowZero } = joinedOf(law)
  const body = momentsBelow(law, z)
  const cut = momentsBelow(law, -mu / sigma)
  const excess = excessMoments(tail)
  const first = (body.first - cut.first) / total + tailMass * (junction + excess.mean)
  const second =
    (body.second - cut.second) / total + tailMass * (junction * junction + 2 * junction * excess.mean + excess.square)
  const mean = first / (1 - belowZero)
  return { mean, sd: Math.sqrt(Math.max(0, second / (1 - belowZero) - mean * mean)) }
}

/** Integrals of x and x^2 over the normal density below mu + score sigma. */
function momentsBelow({ mu, sigma }: NormalPareto, score: number): { readonly first: number; readonly second: number } {
  const share = normalCdf(score)
  const edge = normalDensity(score)
  return {
    first: mu * share - sigma * edge,
    second: (mu * mu + sigma * sigma) * share - sigma * (2 * mu + score * sigma) * edge,
  }
}

/** The quantile table of the law: exact at the seven points, with the law's own shape beyond P99. */
export function fromNormalPareto(law: NormalPareto): Distribution {
  return fromQuantiles(
    PROBABILITIES.map((p) => normalParetoQuantile(law, p)),
    { xi: law.xi, fromP: 0.99 },
  )
}
