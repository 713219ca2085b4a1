import { median } from "../../src/statistics/order-statistics.ts"
import { startOfRank } from "../../src/estimation/mapping-delay-model.ts"
import { type Burst, coldIn, isWarm, readBursts, startsOf } from "./delay-sets.ts"

interface RankRow {
  readonly table: "start by rank"
  readonly platform: string
  /** Pairs of a rank in a burst and a smaller burst of as many instances. */
  readonly pairs: number
  /** Last start of the smaller burst / start of that rank in the larger one. */
  readonly medianRatio: number
  readonly shareNotBelow: number
}

/** Is the r-th start of p instances bounded by the last start of r? Bursts without cold starts: no init between them. */
export function rankRows(): RankRow[] {
  const bursts = readBursts().filter((burst) => isWarm(burst) && coldIn(burst) === 0)
  return [...new Set(bursts.map((burst) => burst.platform))].flatMap((platform) => {
    const ratios = pairsOf(bursts.filter((burst) => burst.platform === platform))
    if (ratios.length === 0) return []
    const row: RankRow = {
      table: "start by rank",
      platform,
      pairs: ratios.length,
      medianRatio: round(median(ratios)),
      shareNotBelow: round(ratios.filter((ratio) => ratio >= 1).length / ratios.length),
    }
    return [row]
  })
}

function pairsOf(bursts: readonly Burst[]): number[] {
  return bursts.flatMap((larger) =>
    bursts
      .filter((smaller) => smaller.experiment === larger.experiment && smaller.concurrency < larger.concurrency)
      .map((smaller) => {
        const like = startOfRank(smaller.concurrency, { instances: larger.concurrency, cold: 0 })
        return startsOf(smaller).at(-1)! / startsOf(larger)[like.instances - 1]!
      }),
  )
}

interface DurationRow {
  readonly table: "start by function duration"
  readonly platform: string
  readonly instances: number
  readonly shortMs: number
  readonly longMs: number
  /** Last start, and median start, of the burst of long functions / of the short ones. */
  readonly lastRatio: number
  readonly medianRatio: number
}

/** Bursts of the same size and kind whose functions run about 1 s and several seconds. */
export function durationRows(): DurationRow[] {
  const bursts = readBursts().filter(({ platform, concurrency }) => platform !== "gcp" && concurrency >= 10)
  return bursts.flatMap((long) => {
    if (long.functionMs < 2_000) return []
    const short = bursts.find(
      (other) =>
        other.platform === long.platform &&
        other.concurrency === long.concurrency &&
        isWarm(other) === isWarm(long) &&
        other.functionMs < 2_000 &&
        other.experiment.startsWith("sleep"),
    )
    if (short === undefined) return []
    const [from, to] = [startsOf(short), startsOf(long)]
    return [
      {
        table: "start by function duration",
        platform: long.platform,
        instances: long.concurrency,
        shortMs: short.functionMs,
        longMs: long.functionMs,
        lastRatio: round(to.at(-1)! / from.at(-1)!),
        medianRatio: round(median(to) / median(from)),
      },
    ]
  })
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
