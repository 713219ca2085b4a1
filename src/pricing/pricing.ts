/**
 * What was used, as integers in the smallest unit that is billed. A meter names its price in the price file
 * (`lambda.duration.x86_64`, `lambda.requests`, ...).
 */
export interface Meter {
  readonly meter: string
  /** In the unit of the price: MB-ms, requests, transitions, bytes. */
  readonly quantity: bigint
}

export type Meters = readonly Meter[]

/** One line of a bill. */
export interface CostLine {
  readonly meter: string
  readonly quantity: bigint
  /** Null when no price is known: shown as "price unknown", never as $0. */
  readonly picoUsd: bigint | null
}

/** Meters summed by name and priced at the marginal tier. Exact to the pico-dollar. */
export interface Bill {
  readonly lines: readonly CostLine[]
  /** Sum of the known lines. */
  readonly picoUsd: bigint
  /** False when a line has no known price: the total is "at least". */
  readonly complete: boolean
}

/** The prices of one platform and region. */
export interface Pricing {
  readonly name: string
  /** Date of the price file, ISO. */
  readonly date: string
  /** Sums the meters by name, prices each sum once (pricing rule 10) and adds the lines. */
  bill(meters: Meters): Bill
  /** Floats for search and estimates; agree with `bill` to 1e-9 relative. */
  readonly usdPerGbSecond: number
  readonly usdPerRequest: number
}

/** Pico-dollars per dollar. */
export const PICO = 1_000_000_000_000n

export function usdOf(picoUsd: bigint): number {
  return Number(picoUsd) / Number(PICO)
}
