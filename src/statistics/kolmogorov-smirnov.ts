/** Distance of distributions: the largest difference of two cdfs (Kolmogorov 1933, Smirnov 1948). */

/**
 * Largest distance between the empirical cdf of `samples` (at least one, any order) and `cdf`. Ties count once; jumps
 * of `cdf` at a sample are seen too, from a relative 1e-12 below it. O(n log n).
 */
export function oneSampleDistance(samples: readonly number[], cdf: (x: number) => number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const count = sorted.length
  if (count === 0) throw new Error("the distance of an empirical cdf needs at least one sample")
  let largest = 0
  for (let i = 0; i < count;) {
    const x = sorted[i]!
    let next = i + 1
    while (next < count && sorted[next] === x) next++
    largest = Math.max(
      largest,
      Math.abs(next / count - cdf(x)),
      Math.abs(i / count - cdf(x - Math.max(Math.abs(x) * 1e-12, Number.MIN_VALUE))),
    )
    i = next
  }
  return largest
}

/** Largest distance between the empirical cdfs of two sets of samples, at least one each. O(n log n). */
export function twoSampleDistance(first: readonly number[], second: readonly number[]): number {
  const a = first.toSorted((x, y) => x - y)
  const b = second.toSorted((x, y) => x - y)
  if (a.length === 0 || b.length === 0) throw new Error("the distance of two empirical cdfs needs samples of both")
  let largest = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const x = Math.min(a[i]!, b[j]!)
    while (i < a.length && a[i] === x) i++
    while (j < b.length && b[j] === x) j++
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length))
  }
  return largest
}

/** Samples that count in the comparison of two sets: n m / (n + m). */
export function effectiveCount(first: number, second: number): number {
  return (first * second) / (first + second)
}

/**
 * The chance of a larger distance if both laws are the same: Kolmogorov's series with the correction of Stephens (1970),
 * right to about 0.01 from 5 samples on. `count` is the number of samples, or `effectiveCount` of two sets. For a law
 * fitted to the very samples it is too large.
 */
export function pValue(distance: number, count: number): number {
  const root = Math.sqrt(count)
  return kolmogorovSurvival(distance * (root + 0.12 + 0.11 / root))
}

/** The distance that is exceeded with chance `level`, by inverting `pValue`: 1.358 / sqrt(n) for large n at 5 %. */
export function criticalDistance(count: number, level: number): number {
  let low = 0
  let high = 1
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (pValue(middle, count) > level) low = middle
    else high = middle
  }
  return high
}

/** P(K > x) of Kolmogorov's distribution. */
function kolmogorovSurvival(x: number): number {
  if (x <= 0) return 1
  if (x < 1) return 1 - kolmogorovCdfNearZero(x)
  let sum = 0
  for (let k = 1; k <= 20; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x)
  return Math.min(1, Math.max(0, 2 * sum))
}

/** The theta-function form, which converges where the alternating series does not. */
function kolmogorovCdfNearZero(x: number): number {
  let sum = 0
  for (let k = 1; k <= 20; k++) sum += Math.exp(-(((2 * k - 1) * Math.PI) ** 2) / (8 * x * x))
  return (Math.sqrt(2 * Math.PI) / x) * sum
}
