/**
 * The non-decreasing sequence closest to `values` in weighted squares: pool adjacent violators, O(N).
 * For a non-increasing fit negate the values before and after.
 */
export function isotonic(values: readonly number[], weights?: readonly number[]): number[] {
  const pools: { sum: number; weight: number; count: number }[] = []
  for (const [i, value] of values.entries()) {
    const weight = weights?.[i] ?? 1
    pools.push({ sum: value * weight, weight, count: 1 })
    while (pools.length > 1 && levelOf(pools.at(-2)!) > levelOf(pools.at(-1)!)) {
      const last = pools.pop()!
      const before = pools.pop()!
      pools.push({
        sum: before.sum + last.sum,
        weight: before.weight + last.weight,
        count: before.count + last.count,
      })
    }
  }
  return pools.flatMap((pool) => Array.from({ length: pool.count }, () => levelOf(pool)))
}

function levelOf(pool: { readonly sum: number; readonly weight: number }): number {
  return pool.sum / pool.weight
}
