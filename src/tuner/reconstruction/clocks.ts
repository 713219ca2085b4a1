import { median } from "../../statistics/order-statistics.ts"
import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ClockOffset } from "../observation.ts"
import { callPairs, differenceOf } from "./call-pairs.ts"
import { lagsOf, sharpnessOfStarts, type Lag } from "./lags.ts"
import { spanTable, stepNameOf, type SpanTable } from "./spans.ts"

/** A step begins no earlier than what it waits for ended; instants are rounded, so that much more than this is a wrong clock. */
const BEFORE_MS = 5

/** Clocks that are further apart, ms, are not believed: then something waits on purpose. */
const FARTHEST_MS = 5_000

/** Runs with both ends of a pair that make it count. */
const LEAST_PAIRS = 8

/** Sharpness from which a pair proves something, and from which it is better than what a call leaves open. */
const PROVES = 0.05
const HINTS = 0.015

/**
 * How far ahead the clock of each source is, constant over the logs. Sources are joined by the sharpest pairs of cause and
 * effect between them (a spanning tree of greatest sharpness); the lower edge of such a pair, which is about 0 on one
 * clock, is the difference of the two. Clocks are taken as right until an effect comes before its cause: else a platform
 * that takes its time between two steps would look like a wrong clock. Callers and what they call come last, which leave
 * more room. Empty: no clock is wrong.
 */
export function clockOffsets(runs: readonly GatheredRun[]): readonly ClockOffset[] {
  const sources = [...new Set(runs.flatMap((run) => run.invocations.map(({ source }) => source)))]
  if (sources.length < 2) return []
  const sourceOfRow: string[] = []
  const rowNames = new Map<string, string>()
  const table = spanTable(runs, {
    ahead: new Map(),
    rowOf: (invocation) => rowName(invocation.source, stepNameOf(invocation), rowNames),
  })
  for (const name of table.names) sourceOfRow.push(rowNames.get(name)!)
  const good = causes(table)
  const calls = callPairs(runs)
  const isWrong =
    good.some(({ lowMs, sharpness }) => sharpness >= PROVES && lowMs < -BEFORE_MS) ||
    calls.some((pair) => Math.abs(differenceOf(pair)) > BEFORE_MS)
  if (!isWrong) return []
  const forest = new Forest(sources)
  for (const { from, to, lowMs, count } of good) {
    const difference = Math.abs(lowMs) > FARTHEST_MS ? 0 : lowMs
    forest.join(sourceOfRow[from]!, sourceOfRow[to]!, difference, count)
  }
  for (const pair of calls) forest.join(pair.from, pair.to, differenceOf(pair), pair.count)
  return forest.offsets()
}

/** An effect is so much sharper after its cause than the other way round. */
const SHARPER = 2

/** Pairs that look like cause and effect, the sharpest first: sharper than their reverse, and than a common beginning. */
function causes(table: SpanTable): readonly Lag[] {
  const { lags, toleranceMs } = lagsOf(table)
  const rows = table.names.length
  const sharpness = new Map(lags.map((lag) => [lag.from * rows + lag.to, lag.sharpness]))
  return lags
    .filter(
      (lag) =>
        lag.count >= LEAST_PAIRS &&
        lag.sharpness >= HINTS &&
        lag.sharpness > SHARPER * (sharpness.get(lag.to * rows + lag.from) ?? 0) &&
        lag.sharpness > sharpnessOfStarts(table, lag, toleranceMs),
    )
    .sort((a, b) => b.sharpness - a.sharpness)
}

function rowName(source: string, step: string, rows: Map<string, string>): string {
  const name = JSON.stringify([source, step])
  if (!rows.has(name)) rows.set(name, source)
  return name
}

/** Sources in trees, each with its distance to its tree's root. */
class Forest {
  readonly #tree = new Map<string, Map<string, { aheadMs: number; pairs: number }>>()

  constructor(sources: readonly string[]) {
    for (const source of sources) this.#tree.set(source, new Map([[source, { aheadMs: 0, pairs: 0 }]]))
  }

  /** `to` is ahead of `from` by so much, if nothing said so before. */
  join(from: string, to: string, differenceMs: number, pairs: number): void {
    const a = this.#tree.get(from)!
    const b = this.#tree.get(to)!
    if (a === b) return
    const shift = a.get(from)!.aheadMs + differenceMs - b.get(to)!.aheadMs
    for (const [source, one] of b) {
      a.set(source, { aheadMs: one.aheadMs + shift, pairs: Math.max(one.pairs, source === to ? pairs : 0) })
      this.#tree.set(source, a)
    }
  }

  /** The common clock is the median one of each tree. */
  offsets(): readonly ClockOffset[] {
    return [...new Set(this.#tree.values())].flatMap((tree) => {
      const centre = median([...tree.values()].map(({ aheadMs }) => aheadMs))
      return [...tree].map(([source, { aheadMs, pairs }]) => ({ source, aheadMs: aheadMs - centre, pairs }))
    })
  }
}
