import { PROBABILITIES } from "../../../src/statistics/distribution.ts"
import { normalQuantile } from "../../../src/statistics/normal.ts"
import { median, sampleQuantile } from "../../../src/statistics/order-statistics.ts"
import { HELD_OUT, type Burst, type StartData } from "./data.ts"
import { digits, distributionOf, type StoredDistribution } from "./distributions.ts"

/** Starts of these bursts took 59 to 152 ms or 215 and more: what lies between tells warm from cold. */
export const COLD_FROM_MS = 180

/** A cold start this much longer than the median one is a slow one. */
const SLOW_FACTOR = 1.6

/** One way inside a region, ms: what is left of the way of a request when the client is near. Assumed. */
const NEAR_MS = 1

export interface StartFit {
  /** Least way of a request from the far client of the data, ms: not part of the platform. */
  readonly farMs: number
  readonly dispatch: StoredDistribution
  readonly placement: StoredDistribution
  readonly slow: { readonly share: number; readonly extra: StoredDistribution }
}

/**
 * The way of a request and the placement of a new instance, from bursts. A cold start takes placement and init together;
 * `initMs` is what is known of init (median, and sd around it), and placement is the rest: medians subtract, variances
 * too. Slow ones are a share by themselves.
 */
export function fitStarts(data: StartData, init: { readonly medianMs: number; readonly sdMs: number }): StartFit {
  const delays = data.bursts.filter((burst) => !HELD_OUT.burst(burst)).flatMap((burst) => [...burst.delayMs])
  const warm = delays.filter((ms) => ms < COLD_FROM_MS)
  const cold = delays.filter((ms) => ms >= COLD_FROM_MS)
  const farMs = sampleQuantile(warm, 0.01)
  const dispatch = distributionOf(warm.map((ms) => Math.max(0.1, ms - farMs + NEAR_MS)))
  const coldMedian = median(cold)
  const usual = cold.filter((ms) => ms < SLOW_FACTOR * coldMedian)
  const slow = cold.filter((ms) => ms >= SLOW_FACTOR * coldMedian)
  const own = median(usual) - median(warm) - init.medianMs
  const spread = (sampleQuantile(usual, 0.9) - sampleQuantile(usual, 0.1)) / (2 * normalQuantile(0.9))
  const sd = Math.sqrt(Math.max(4, spread * spread - init.sdMs * init.sdMs))
  const placement = PROBABILITIES.map((p) => digits(Math.max(1, own + sd * normalQuantile(p))))
  return {
    farMs: digits(farMs),
    dispatch,
    placement: { quantiles: placement, xi: 0.05 },
    slow: { share: digits(slow.length / cold.length), extra: distributionOf(slow.map((ms) => ms - median(usual))) },
  }
}

/** Starts of the bursts that no fit saw. */
export function heldOutBursts(data: StartData): readonly Burst[] {
  return data.bursts.filter(HELD_OUT.burst)
}
