import type { ObservedInvocation } from "../observation.ts"

/** Prices of one invocation, as `Pricing` has them. */
export interface InvocationPrices {
  readonly usdPerGbSecond: number
  readonly usdPerRequest: number
}

/** What an invocation costs by its size and billed time, USD, before tax and discounts. */
export function invocationCost(prices: InvocationPrices): (invocation: ObservedInvocation) => number {
  return ({ memoryMB, billedMs }) =>
    (memoryMB / 1024) * (billedMs / 1000) * prices.usdPerGbSecond + prices.usdPerRequest
}
