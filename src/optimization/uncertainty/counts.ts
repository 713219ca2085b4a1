/** Chances of whole numbers >= 0: executions of a loop, or tasks that are known at run time only. */
export interface CountDistribution {
  /** Ascending. */
  readonly counts: readonly number[]
  /** Of each count, > 0; any sum. */
  readonly weights: readonly number[]
}

/** That count always. */
export function always(count: number): CountDistribution {
  return { counts: [count], weights: [1] }
}

/** The shares that counts of past runs had. At least one is needed. */
export function countsSeen(counts: readonly number[]): CountDistribution {
  const seen = Map.groupBy(counts, (count) => count)
  const sorted = [...seen.keys()].sort((a, b) => a - b)
  if (sorted.length === 0) throw new Error("a distribution of counts needs at least one count")
  return { counts: sorted, weights: sorted.map((count) => seen.get(count)!.length) }
}

/** Executions of a loop that goes on after each with that probability, `max` at most. */
export function repeatedWhile(probability: number, max: number): CountDistribution {
  const counts = Array.from({ length: Math.max(1, max) }, (_, i) => i + 1)
  const weights = counts.map((count, i) => probability ** i * (count < counts.length ? 1 - probability : 1))
  const used = counts.filter((_, i) => weights[i]! > 0)
  return { counts: used, weights: weights.filter((weight) => weight > 0) }
}

/** Mean and variance. */
export function countMoments({ counts, weights }: CountDistribution): {
  readonly mean: number
  readonly variance: number
} {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = counts.reduce((sum, count, i) => sum + count * weights[i]!, 0) / total
  const variance = counts.reduce((sum, count, i) => sum + (count - mean) ** 2 * weights[i]!, 0) / total
  return { mean, variance }
}

/** The count in every scenario, by inversion of its uniform numbers. */
export function countColumn({ counts, weights }: CountDistribution, uniforms: Float64Array): Int32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let below = 0
  const ends = weights.map((weight) => (below += weight) / total)
  return Int32Array.from(uniforms, (u) => {
    let i = 0
    while (i < counts.length - 1 && u >= ends[i]!) i++
    return counts[i]!
  })
}
