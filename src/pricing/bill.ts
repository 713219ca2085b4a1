import { roundToPico } from "./money.ts"
import type { ExactAmount } from "./money.ts"
import type { Price, PriceFile } from "./price-file.ts"
import { marginalPriceOf, priceOf } from "./price-line.ts"
import type { PricedQuantity, TierShare } from "./price-line.ts"
import type { Bill, CostLine, Meters } from "./pricing.ts"

/** A line of a month, with the tiers that it went through. */
export interface MonthLine extends CostLine {
  /** What the free tier paid for, in the unit of the meter. */
  readonly freeQuantity: bigint
  /** Empty when no price is known. */
  readonly shares: readonly TierShare[]
  /** Before rounding; null when no price is known. */
  readonly exact: ExactAmount | null
}

/** The bill of an account's month: tiers, and the free tier where it is asked for. */
export interface MonthBill extends Bill {
  readonly lines: readonly MonthLine[]
}

export interface MonthOptions {
  /** Used earlier in the month: it decides the tier and eats the free tier. */
  readonly used?: Meters
  /** `apply`: the account has its free tier. Default `ignore`. */
  readonly freeTier?: "apply" | "ignore"
}

/** Adds up what names the same meter. Sorted by name: the order of the input does not matter. */
export function sumMeters(...lists: readonly Meters[]): Meters {
  const sums = new Map<string, bigint>()
  for (const { meter, quantity } of lists.flat()) sums.set(meter, (sums.get(meter) ?? 0n) + quantity)
  return [...sums].map(([meter, quantity]) => ({ meter, quantity })).sort((a, b) => (a.meter < b.meter ? -1 : 1))
}

/**
 * Prices a run: each meter summed, then priced once at the marginal tier, half up to a pico-dollar; the total adds
 * the lines. Tiers and the free tier belong to the account's month, so a run neither crosses nor uses them:
 * `used` only says at which tier the month stands. A meter without a price is a line with `picoUsd: null`.
 */
export function runBill(file: PriceFile, meters: Meters, used: Meters = []): Bill {
  const usedBy = quantities(used)
  return billOf(
    sumMeters(meters).map(({ meter, quantity }): CostLine => {
      const price = file.prices.get(meter)
      if (price === undefined) return { meter, quantity, picoUsd: null }
      const amount = marginalPriceOf(price, quantity, { used: usedBy.get(meter) ?? 0n })
      return { meter, quantity, picoUsd: roundToPico(amount) }
    }),
  )
}

/**
 * Prices a month of one account: every meter goes through its tiers, after the free tier where it applies. Prices
 * that share a free pool use it in the order of the price file.
 */
export function monthBill(file: PriceFile, meters: Meters, options: MonthOptions = {}): MonthBill {
  const used = quantities(options.used ?? [])
  const free = options.freeTier === "apply" ? new FreePools(file, used) : undefined
  const sums = quantities(meters)
  const known = [...file.prices.values()].filter((price) => sums.has(price.meter))
  const lines = known.map((price) => monthLine(price, sums.get(price.meter) ?? 0n, { used, free }))
  const unknown = sumMeters(meters).filter(({ meter }) => !file.prices.has(meter))
  return billOf([
    ...lines,
    ...unknown.map((meter): MonthLine => ({ ...meter, picoUsd: null, freeQuantity: 0n, shares: [], exact: null })),
  ])
}

function monthLine(
  price: Price,
  quantity: bigint,
  month: { readonly used: ReadonlyMap<string, bigint>; readonly free: FreePools | undefined },
): MonthLine {
  const freeQuantity = month.free?.take(price, quantity) ?? 0n
  const priced: PricedQuantity = priceOf(price, quantity - freeQuantity, { used: month.used.get(price.meter) ?? 0n })
  return {
    meter: price.meter,
    quantity,
    picoUsd: roundToPico(priced.amount),
    freeQuantity,
    shares: priced.shares,
    exact: priced.amount,
  }
}

/** What is left of each free pool, in the unit of the meters. */
class FreePools {
  readonly #left = new Map<string, bigint>()

  constructor(file: PriceFile, used: ReadonlyMap<string, bigint>) {
    for (const price of file.prices.values()) {
      if (price.free === undefined) continue
      const { pool, quantity } = price.free
      const left = this.#left.get(pool) ?? quantity * price.divisor
      const rest = left - (used.get(price.meter) ?? 0n)
      this.#left.set(pool, rest > 0n ? rest : 0n)
    }
  }

  take(price: Price, quantity: bigint): bigint {
    const left = price.free === undefined ? 0n : (this.#left.get(price.free.pool) ?? 0n)
    const taken = quantity < left ? quantity : left
    if (price.free !== undefined) this.#left.set(price.free.pool, left - taken)
    return taken
  }
}

function quantities(meters: Meters): ReadonlyMap<string, bigint> {
  return new Map(sumMeters(meters).map(({ meter, quantity }) => [meter, quantity]))
}

function billOf<Line extends CostLine>(lines: readonly Line[]): Bill & { readonly lines: readonly Line[] } {
  return {
    lines,
    picoUsd: lines.reduce((sum, line) => sum + (line.picoUsd ?? 0n), 0n),
    complete: lines.every((line) => line.picoUsd !== null),
  }
}
