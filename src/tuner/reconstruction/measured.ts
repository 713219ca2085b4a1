import { fromSamples } from "../../statistics/from-samples.ts"
import { mean } from "../../statistics/order-statistics.ts"
import type { ObservedTimes, ObservedValues } from "../observation.ts"

/** Quantiles and mean of measured values; of none all are 0. O(n log n). */
export function measuredValues(values: readonly number[]): ObservedValues {
  if (values.length === 0) return { count: 0, mean: 0, min: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 }
  const sorted = Float64Array.from(values).sort()
  const at = (p: number): number => {
    const place = p * (sorted.length - 1)
    const below = Math.floor(place)
    const low = sorted[below]!
    return low + (place - below) * ((sorted[below + 1] ?? low) - low)
  }
  return {
    count: sorted.length,
    mean: mean(values),
    min: sorted[0]!,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: sorted.at(-1)!,
  }
}

/** Values from which a distribution is made; more of them make it no better. */
const MOST = 4_000

/** Measured times, ms. */
export function measuredTimes(valuesMs: readonly number[]): ObservedTimes {
  const every = Math.max(1, Math.ceil(valuesMs.length / MOST))
  const some = every === 1 ? valuesMs : valuesMs.filter((_, i) => i % every === 0)
  return { ...measuredValues(valuesMs), distribution: fromSamples(some.length === 0 ? [0] : some) }
}
