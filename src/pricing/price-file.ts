/** A dated list of prices, one per meter: what a data file in `data/` becomes once it is checked. */
export interface PriceFile {
  /** `aws-us-east-1`. */
  readonly name: string
  readonly region: string
  /** Day of the newest source, ISO. */
  readonly date: string
  readonly sources: Readonly<Record<string, PriceSource>>
  readonly prices: ReadonlyMap<string, Price>
}

export interface PriceSource {
  readonly what: string
  readonly url: string
  readonly licence: string
}

/** How sure a price is: computed by us from another one, not confirmed by a source, or one of several that disagree. */
export type PriceMark = "derived" | "unconfirmed" | "disputed"

/** One price. `picoUsd` is per `unit`; a meter counts `meterUnit`, of which `divisor` make one unit. */
export interface Price {
  readonly meter: string
  readonly what: string
  /** What the price is quoted for: `GB-s`, `request`. */
  readonly unit: string
  /** What the meter counts: `MB-ms`, `request`. */
  readonly meterUnit: string
  readonly divisor: bigint
  /** Ascending; the last one has no end. */
  readonly tiers: readonly PriceTier[]
  /** Units that cost nothing each month; prices of one pool share them. */
  readonly free?: { readonly pool: string; readonly quantity: bigint }
  readonly source: string
  readonly date: string
  readonly mark?: PriceMark
  readonly note?: string
}

export interface PriceTier {
  /** Pico-dollars per unit. */
  readonly picoUsd: bigint
  /** The tier ends here, in units of one month; null: it does not end. */
  readonly upTo: bigint | null
}
