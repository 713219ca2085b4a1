import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { normalDensity, normalQuantile } from "./normal.ts"
import { fromQuantiles, quantile } from "./quantile-table.ts"

/** Shares of the strata that stand for a distribution: 64, finer towards the upper tail. */
const EDGES: readonly number[] = [
  ...Array.from({ length: 48 }, (_, i) => (0.9 * i) / 48),
  ...Array.from({ length: 8 }, (_, i) => 0.9 + (0.08 * i) / 8),
  ...Array.from({ length: 8 }, (_, i) => 0.98 + 0.02 * (1 - 2 ** -i)),
  1,
]
const WEIGHTS: readonly number[] = EDGES.slice(1).map((edge, i) => edge - EDGES[i]!)
/** Points of Gauss' rule inside a stratum. */
const GAUSS: readonly (readonly [number, number])[] = [
  [0.5 - 0.5 * Math.sqrt(0.6), 5 / 18],
  [0.5, 8 / 18],
  [0.5 + 0.5 * Math.sqrt(0.6), 5 / 18],
]

/**
 * The sum of independent times, by a 64 x 64 convolution of stratum means without random numbers: every pair of
 * strata is one atom, the 4,096 atoms are sorted and regrouped. Order does not matter beyond 0.1 %. Against 400,000
 * draws of four parts (10-60 % spread) P5-P95 are within 0.06 % and P99 within 0.2 %. About 0.7 ms for each part after
 * the first.
 */
export function sumOf(parts: readonly Distribution[]): Distribution {
  const first = parts[0]
  if (first === undefined) throw new Error("a sum needs at least one distribution")
  if (parts.length === 1) return first
  let means = strataOf(first)
  for (const part of parts.slice(1)) means = regroup(cross(means, strataOf(part)))
  const xi = Math.max(...parts.map((part) => part.tail.xi))
  return fromQuantiles(quantilesOf(means), { xi, fromP: 0.99 })
}

interface Atoms {
  readonly values: ArrayLike<number>
  readonly weights: ArrayLike<number>
}

/** Mean of the distribution inside each stratum. */
function strataOf(d: Distribution): number[] {
  return WEIGHTS.map((weight, i) => {
    let mean = 0
    for (const [at, share] of GAUSS) mean += share * quantile(d, EDGES[i]! + at * weight)
    return mean
  })
}

/** All sums of two stratum means, ascending. */
function cross(means: readonly number[], values: readonly number[]): Atoms {
  const count = means.length * values.length
  const sums = new Float64Array(count)
  for (let i = 0, k = 0; i < means.length; i++) {
    for (let j = 0; j < values.length; j++, k++) sums[k] = means[i]! + values[j]!
  }
  const order = new Uint32Array(count).map((_, k) => k).sort((a, b) => sums[a]! - sums[b]!)
  const sorted = new Float64Array(count)
  const weights = new Float64Array(count)
  for (let k = 0; k < count; k++) {
    const at = order[k]!
    sorted[k] = sums[at]!
    weights[k] = WEIGHTS[Math.floor(at / values.length)]! * WEIGHTS[at % values.length]!
  }
  return { values: sorted, weights }
}

/** Stratum means of ascending atoms: an atom on an edge is split, so the mean is kept exactly. */
function regroup(atoms: Atoms): number[] {
  const means: number[] = []
  let k = 0
  let left = atoms.weights[0]!
  for (const weight of WEIGHTS) {
    let need = weight
    let sum = 0
    while (need > 1e-15 && k < atoms.values.length) {
      const taken = Math.min(need, left)
      sum += taken * atoms.values[k]!
      need -= taken
      left -= taken
      if (left <= 1e-15) left = atoms.weights[++k] ?? 0
    }
    means.push(sum / (weight - Math.min(need, weight / 2)))
  }
  return means
}

/** Mean of z over each stratum: where a normal distribution has its stratum mean. */
const SCORES: readonly number[] = WEIGHTS.map((weight, i) => {
  const density = (p: number): number => (p <= 0 || p >= 1 ? 0 : normalDensity(normalQuantile(p)))
  return (density(EDGES[i]!) - density(EDGES[i + 1]!)) / weight
})
const Z: readonly number[] = PROBABILITIES.map(normalQuantile)

/** Quantiles between stratum means: ln t linear in z, the law of the table. */
function quantilesOf(means: readonly number[]): number[] {
  return Z.map((z) => {
    let i = 0
    while (i < SCORES.length - 2 && z > SCORES[i + 1]!) i++
    const low = Math.log(means[i]!)
    const share = (z - SCORES[i]!) / (SCORES[i + 1]! - SCORES[i]!)
    return Math.exp(low + share * (Math.log(means[i + 1]!) - low))
  })
}
