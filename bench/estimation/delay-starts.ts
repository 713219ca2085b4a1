import { startOfRank } from "../../src/estimation/mapping-delay-model.ts"
import { median } from "../../src/statistics/order-statistics.ts"
import { fitStarts } from "./delay-models.ts"
import { type Burst, coldIn, isWarm, readBursts, type StartRow, startsOf } from "./delay-sets.ts"

const LEAST_INSTANCES = 10
/** Functions of about one second against those of several. */
const SHORT_MS = 2_000
const P50 = 2
const P90 = 4

/** Everything that whole bursts tell about the start of a step. */
export function startRows(): readonly unknown[] {
  return [...lastStartRows(), ...rankRows(), ...durationRows()]
}

function byPlatform(bursts: readonly Burst[]): Map<string, readonly Burst[]> {
  return Map.groupBy(
    bursts.filter((burst) => burst.concurrency >= LEAST_INSTANCES),
    (burst) => burst.platform,
  )
}

interface LastStartRow {
  readonly table: "last start, each burst left out in turn"
  readonly platform: string
  readonly bursts: number
  readonly medianErrorPct: number
  readonly p90CoveragePct: number
  /** Standard error of a share of so few bursts: the noise floor. */
  readonly p90StandardErrorPct: number
}

/** The mapping delay itself, from instances and cold starts. */
function lastStartRows(): LastStartRow[] {
  return [...byPlatform(readBursts())].map(([platform, bursts]) => {
    const rows = bursts.map(lastStart)
    const seen = rows.map((row, i) => {
      const quantiles = fitStarts(rows.filter((_, k) => k !== i))(row)
      return { error: Math.abs(quantiles[P50]! / row.ms - 1), covered: row.ms <= quantiles[P90]! }
    })
    return {
      table: "last start, each burst left out in turn",
      platform,
      bursts: rows.length,
      medianErrorPct: round(100 * median(seen.map(({ error }) => error))),
      p90CoveragePct: round((100 * seen.filter(({ covered }) => covered).length) / seen.length),
      p90StandardErrorPct: round(100 * Math.sqrt((0.9 * 0.1) / seen.length)),
    }
  })
}

function lastStart(burst: Burst): StartRow {
  return { kind: "start", instances: burst.concurrency, cold: coldIn(burst), ms: startsOf(burst).at(-1)! }
}

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
function rankRows(): RankRow[] {
  const bursts = readBursts().filter((burst) => isWarm(burst) && coldIn(burst) === 0)
  return [...byPlatform(bursts)].flatMap(([platform, ofPlatform]) => {
    const ratios = rankRatios(ofPlatform)
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

function rankRatios(bursts: readonly Burst[]): number[] {
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
  readonly pairs: string
  readonly count: number
  /** Geometric mean of last start / last start of the other burst. */
  readonly ratio: number
  /** Standard error of its logarithm. */
  readonly standardError: number
}

/** Pairs of bursts of one platform and size: long functions against short ones, and short ones among themselves. */
function durationRows(): DurationRow[] {
  const groups = [...byPlatform(readBursts()).values()].flatMap((bursts) => [
    ...Map.groupBy(bursts, (burst) => `${burst.concurrency} ${isWarm(burst)}`).values(),
  ])
  const long = groups.flatMap((group) =>
    logRatios(group, (from, to) => from.functionMs < SHORT_MS && to.functionMs >= SHORT_MS),
  )
  const short = groups.flatMap((group) =>
    logRatios(
      group,
      (from, to) => from.experiment < to.experiment && Math.max(from.functionMs, to.functionMs) < SHORT_MS,
    ),
  )
  return [durationRow("long over short functions", long), durationRow("short over short functions", short)]
}

function logRatios(bursts: readonly Burst[], counts: (from: Burst, to: Burst) => boolean): number[] {
  return bursts.flatMap((from) =>
    bursts.filter((to) => counts(from, to)).map((to) => Math.log(startsOf(to).at(-1)! / startsOf(from).at(-1)!)),
  )
}

function durationRow(pairs: string, logs: readonly number[]): DurationRow {
  const centre = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const variance = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / logs.length
  return {
    table: "start by function duration",
    pairs,
    count: logs.length,
    ratio: round(Math.exp(centre)),
    standardError: round(Math.sqrt(variance / logs.length)),
  }
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
