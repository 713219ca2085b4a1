import { mean, sampleQuantile } from "./order-statistics.ts"

/** Quantiles of one figure, and its mean. */
export interface Spread {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** The spread of values in any order; zeros without values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 }
  const at = (p: number): number => sampleQuantile(values, p)
  return { mean: mean(values), p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) }
}
