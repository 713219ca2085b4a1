import type { Random } from "../../base/random.ts"

/**
 * When runs arrive, ms since the start, ascending and without end unless the source has one. Pure: the same numbers from
 * `random` give the same instants.
 */
export type Arrivals = (random: Random) => Iterable<number>

/** An exponential time of that mean. */
export function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random.next())
}
