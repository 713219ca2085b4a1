import { PROBABILITIES } from "../../../src/statistics/distribution.ts"
import { fromSamples } from "../../../src/statistics/from-samples.ts"
import { sampleQuantile } from "../../../src/statistics/order-statistics.ts"

/** A distribution as a parameter file holds it. */
export interface StoredDistribution {
  readonly quantiles: readonly number[]
  readonly xi: number
}

/** The quantiles of the samples and the shape of their tail, 4 digits. */
export function distributionOf(samples: readonly number[]): StoredDistribution {
  const quantiles = PROBABILITIES.map((p) => digits(sampleQuantile(samples, p)))
  return { quantiles, xi: digits(fromSamples(samples).tail.xi) }
}

export function digits(value: number): number {
  return Number(value.toPrecision(4))
}
