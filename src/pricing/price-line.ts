import type { ExactAmount } from "./money.ts"
import type { Price, PriceTier } from "./price-file.ts"

/** What part of a quantity fell into one tier, and what it costs before rounding. */
export interface TierShare {
  readonly tier: PriceTier
  /** In the unit of the meter. */
  readonly quantity: bigint
  readonly amount: ExactAmount
}

export interface PricedQuantity {
  readonly shares: readonly TierShare[]
  /** Sum of the shares, before rounding. */
  readonly amount: ExactAmount
}

export interface PriceOfOptions {
  /** Already used this month, in the unit of the meter: where in the tiers the quantity begins. Default 0. */
  readonly used?: bigint
}

/**
 * Prices a quantity through the tiers of its price, exactly: quantity x price / divisor per tier, nothing rounded.
 * @throws RangeError when a quantity is negative.
 */
export function priceOf(price: Price, quantity: bigint, options: PriceOfOptions = {}): PricedQuantity {
  const used = options.used ?? 0n
  if (quantity < 0n || used < 0n) throw new RangeError(`negative quantity of ${price.meter}`)
  const shares: TierShare[] = []
  let position = used
  let left = quantity
  for (const tier of price.tiers) {
    const room = tier.upTo === null ? left : tier.upTo * price.divisor - position
    if (room <= 0n) continue
    const share = left < room ? left : room
    if (share > 0n) shares.push({ tier, quantity: share, amount: amountOf(price, tier, share) })
    position += share
    left -= share
    if (left === 0n) break
  }
  const numerator = shares.reduce((sum, share) => sum + share.amount.numerator, 0n)
  return { shares, amount: { numerator, divisor: price.divisor } }
}

/** Prices a quantity at one tier alone: the price of one more run. */
export function marginalPriceOf(price: Price, quantity: bigint, options: PriceOfOptions = {}): ExactAmount {
  if (quantity < 0n) throw new RangeError(`negative quantity of ${price.meter}`)
  return amountOf(price, marginalTier(price, options.used ?? 0n), quantity)
}

/** The tier that the next unit falls into after `used` of the meter this month. */
export function marginalTier(price: Price, used: bigint): PriceTier {
  const tier = price.tiers.find((tier) => tier.upTo === null || used < tier.upTo * price.divisor)
  if (tier === undefined) throw new RangeError(`the tiers of ${price.meter} end`)
  return tier
}

function amountOf(price: Price, tier: PriceTier, quantity: bigint): ExactAmount {
  return { numerator: quantity * tier.picoUsd, divisor: price.divisor }
}
