import { MAX_XI } from "./gpd.ts"
import { nelderMead } from "./nelder-mead.ts"
import { type NormalPareto, normalParetoDensity, normalParetoMoments, normalParetoQuantile } from "./normal-pareto.ts"
import { median, sampleQuantile } from "./order-statistics.ts"

/** Centre and spread of what is believed of ln xi before anything was seen: with a loose shape P99 is off by 65 %. */
const PRIOR_LOG_XI = Math.log(0.1)
const PRIOR_LOG_XI_SD = 0.5
/** The junction stays where the tail holds between 5e-5 and nine tenths of the mass. */
const LEAST_Z = 0.1
const MOST_Z = 4

/**
 * The normal body with Pareto tail that is most likely to give `samples` (ms, > 0, at least 5 and not all equal; else
 * null), with ln xi ~ N(ln .1, .5). Nelder-Mead from two junctions, about 1,000 evaluations of n densities.
 */
export function fitNormalPareto(samples: readonly number[]): NormalPareto | null {
  const centre = median(samples)
  const unit = (sampleQuantile(samples, 0.84) - sampleQuantile(samples, 0.16)) / 2
  if (samples.length < 5 || !(unit > 0)) return null
  const lawAt = (at: readonly number[]): NormalPareto => ({
    mu: centre + at[0]! * unit,
    sigma: Math.exp(at[1]!) * unit,
    z: Math.exp(at[2]!),
    xi: Math.exp(at[3]!),
  })
  const misfit = (at: readonly number[]): number => minusLogPosterior(lawAt(at), samples)
  const fits = [0.5, 1.5].map((z) =>
    nelderMead(misfit, [-0.2, -0.2, Math.log(z), PRIOR_LOG_XI], { steps: [0.3, 0.3, 0.4, 0.3], tolerance: 1e-7 }),
  )
  return lawAt(fits.reduce((best, fit) => (fit.value < best.value ? fit : best)).at)
}

function minusLogPosterior(law: NormalPareto, samples: readonly number[]): number {
  if (law.z < LEAST_Z || law.z > MOST_Z || law.xi > MAX_XI) return Infinity
  let sum = (Math.log(law.xi) - PRIOR_LOG_XI) ** 2 / (2 * PRIOR_LOG_XI_SD ** 2)
  for (const value of samples) sum -= Math.log(Math.max(normalParetoDensity(law, value), Number.MIN_VALUE))
  return sum
}

/** Three figures of a distribution, ms. */
export interface ThreeMoments {
  readonly mean: number
  readonly sd: number
  readonly p95: number
}

/**
 * `k` = (p95 - mean) / sd. A law of this form cannot have more than ln 20 - 1 = 1.996 (an exponential), and below about
 * .8 its shape would have to exceed .45; between, one with the shape nearest to .1 is taken.
 */
export type MomentFit =
  | { readonly kind: "fitted"; readonly law: NormalPareto; readonly k: number }
  | { readonly kind: "p95-too-far"; readonly k: number }
  | { readonly kind: "p95-too-near"; readonly k: number }
  | { readonly kind: "not-positive"; readonly k: number }

/**
 * The normal body with Pareto tail of this mean, sd and p95, before its mass below 0 is left out. Not every three
 * figures have one; which is told by `kind` (`not-positive`: a figure is not a positive number).
 */
export function matchNormalPareto({ mean, sd, p95 }: ThreeMoments): MomentFit {
  const k = (p95 - mean) / sd
  if (!(mean > 0 && sd > 0 && p95 > 0 && Number.isFinite(k))) return { kind: "not-positive", k }
  for (const xi of SHAPES) {
    const z = junctionFor(k, xi)
    if (z === null) continue
    const unit = standard(z, xi)
    const sigma = sd / unit.sd
    return { kind: "fitted", law: { mu: mean - sigma * unit.mean, sigma, z, xi }, k }
  }
  return { kind: k > 1.645 ? "p95-too-far" : "p95-too-near", k }
}

/** Above this shape the sd is that of a few extreme times, and says nothing about the body. */
const MOST_MATCHED_XI = 0.45
/** Shapes to try, the pooled one first, then by distance of their logarithms. */
const SHAPES: readonly number[] = Array.from({ length: 80 }, (_, i) => 0.001 * (MOST_MATCHED_XI / 0.001) ** (i / 79))
  .concat(0.1)
  .sort((a, b) => Math.abs(Math.log(a / 0.1)) - Math.abs(Math.log(b / 0.1)))

/** Far enough above 0 that no mass lies below: moments before the cut. */
const OFFSET = 1e3

/** Mean, sd and p95 for mu = 0, sigma = 1. */
function standard(z: number, xi: number): ThreeMoments {
  const law = { mu: OFFSET, sigma: 1, z, xi }
  const { mean, sd } = normalParetoMoments(law)
  return { mean: mean - OFFSET, sd, p95: normalParetoQuantile(law, 0.95) - OFFSET }
}

const JUNCTIONS: readonly number[] = Array.from({ length: 60 }, (_, i) => 0.02 * (MOST_Z / 0.02) ** (i / 59))

/** The z for which (p95 - mean) / sd is `k`, the largest there is: it keeps the most of the body; null if there is none. */
function junctionFor(k: number, xi: number): number | null {
  const excess = (z: number): number => {
    const { mean, sd, p95 } = standard(z, xi)
    return (p95 - mean) / sd - k
  }
  for (let i = JUNCTIONS.length - 1; i > 0; i--) {
    let [low, high] = [JUNCTIONS[i - 1]!, JUNCTIONS[i]!]
    if (excess(low) > 0 === excess(high) > 0) continue
    const rising = excess(high) > 0
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2
      if (excess(middle) > 0 === rising) high = middle
      else low = middle
    }
    return high
  }
  return null
}
