/** The middle value, the mean of the two middle ones for an even count; NaN of nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** The median of values of which the i-th counts `counts[i]` > 0 times; equal counts give `median`. NaN of nothing. */
export function weightedMedian(values: readonly number[], counts: readonly number[]): number {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const half = counts.reduce((sum, count) => sum + count, 0) / 2
  let below = 0
  for (const [k, i] of order.entries()) {
    below += counts[i]!
    if (below > half) return values[i]!
    if (below === half) return (values[i]! + values[order[k + 1] ?? i]!) / 2
  }
  return Number.NaN
}

/** Empirical quantile with linear interpolation between order statistics (type 7); NaN of nothing. */
export function sampleQuantile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const at = Math.min(1, Math.max(0, p)) * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below]!
  return low + (at - below) * ((sorted[below + 1] ?? low) - low)
}

/** Median absolute deviation scaled to the sd of a normal sample; 0 of fewer than two. */
export function robustSd(values: readonly number[]): number {
  if (values.length < 2) return 0
  const centre = median(values)
  return 1.4826 * median(values.map((value) => Math.abs(value - centre)))
}

/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
