import { sampleQuantile } from "../../statistics/order-statistics.ts"
import type { PathContext } from "./run-path.ts"
import type { SpanTable } from "./spans.ts"
import type { Structure } from "./structure.ts"

/** In which runs rows are, with lost records made good. */
export interface Presence {
  /** Share of the runs that have the row. */
  readonly share: readonly number[]
  /** Share of the runs with one row that have the other too. */
  readonly given: (row: number, other: number) => number
  readonly runsWith: (row: number) => number
  readonly runsWithBoth: (a: number, b: number) => number
  /** Share of the records that are lost. */
  readonly lost: number
}

/**
 * A run begins with something: of the rows that are in all runs, the share of the runs without a record of one is the
 * share of the records that are lost. Rows that are called once tell it, those that are there most often.
 */
export function presenceOf(table: SpanTable): Presence {
  const counts = table.endMs.map((ends) => countOf(ends))
  const lost = lossRate(table, counts)
  const seen = table.count.map((ofRow) => seenShare(ofRow, lost))
  const madeGood = (share: number, row: number): number => {
    const chance = CHANCE * Math.sqrt((seen[row]! * (1 - seen[row]!)) / table.runs)
    return share >= seen[row]! - chance ? 1 : share / seen[row]!
  }
  const both = (a: number, b: number): number => {
    const [ofA, ofB] = [table.endMs[a]!, table.endMs[b]!]
    let count = 0
    for (let r = 0; r < table.runs; r++) if (!Number.isNaN(ofA[r]!) && !Number.isNaN(ofB[r]!)) count += 1
    return count
  }
  const share = counts.map((count, row) => madeGood(count / table.runs, row))
  return {
    lost,
    share,
    given: (row, other) => (share[other] === 1 ? 1 : madeGood(both(row, other) / Math.max(1, counts[row]!), other)),
    runsWith: (row) => counts[row]!,
    runsWithBoth: both,
  }
}

/** Rows of all runs differ by chance alone by so many standard deviations, or by more in one of 15,000 rows. */
const CHANCE = 4

/** Of the rows that are called once those that are there about as often as the one that is there most often. */
function lossRate(table: SpanTable, counts: readonly number[]): number {
  const single = counts.filter((_, row) => table.count[row]!.every((count) => count <= 1))
  const shares = (single.length > 0 ? single : counts).map((count) => count / table.runs).sort((a, b) => b - a)
  let sum = 0
  let rows = 0
  for (const share of shares) {
    const seen = rows === 0 ? share : sum / rows
    if (share < seen - CHANCE * Math.sqrt((seen * (1 - seen)) / table.runs)) break
    sum += share
    rows += 1
  }
  return 1 - sum / rows
}

/** Share of the runs with a row in which at least one of its records was not lost. */
function seenShare(counts: Uint32Array, lost: number): number {
  let runs = 0
  let unseen = 0
  for (const count of counts) {
    if (count === 0) continue
    runs += 1
    unseen += lost ** count
  }
  return runs === 0 ? 1 : 1 - unseen / runs
}

/** What the paths of all runs are found with. */
export function pathContext(
  table: SpanTable,
  structure: Structure,
  callerOf: readonly (number | null)[],
): { readonly context: PathContext; readonly presence: Presence } {
  const presence = presenceOf(table)
  const rows = table.names.map((_, row) => row)
  const context: PathContext = {
    table,
    structure,
    callerOf,
    presence: presence.share,
    usualGapMs: rows.map((row) => usualGap(table, structure, { row, lost: presence.lost })),
    usualTailMs: rows.map((row) => usualTail(table, { row, lost: presence.lost, callerOf })),
    leastMs: rows.map((row) => sampleQuantile(durationsOf(table, row), 0.05)),
  }
  return { context, presence }
}

/** Gaps in runs of which no record is missing, at P99; the largest ones are those of runs with one missing. */
function usualGap(
  { requestMs, endMs, runs }: SpanTable,
  { waitsFor, toleranceMs }: Structure,
  { row, lost }: { readonly row: number; readonly lost: number },
): number {
  const waits = waitsFor[row]!
  const gaps: number[] = []
  for (let r = 0; r < runs; r++) {
    let gap = Number.POSITIVE_INFINITY
    for (const { from } of waits) gap = Math.min(gap, requestMs[row]![r]! - endMs[from]![r]!)
    // NaN and Infinity: the row or all that it waits for are not there.
    if (Number.isFinite(gap)) gaps.push(gap)
  }
  if (gaps.length === 0) return 0
  return sampleQuantile(gaps, Math.max(0.5, 0.99 - waits.length * lost)) + toleranceMs
}

/** From the end of the last row that it called to a caller's own end, at P99 of the runs of which no record is missing. */
function usualTail(
  { endMs, runs }: SpanTable,
  {
    row,
    lost,
    callerOf,
  }: { readonly row: number; readonly lost: number; readonly callerOf: readonly (number | null)[] },
): number {
  const called = callerOf.flatMap((caller, other) => (caller === row ? [other] : []))
  const tails: number[] = []
  for (let r = 0; r < runs; r++) {
    let tail = Number.POSITIVE_INFINITY
    for (const other of called) tail = Math.min(tail, endMs[row]![r]! - endMs[other]![r]!)
    if (Number.isFinite(tail)) tails.push(tail)
  }
  return tails.length === 0 ? 0 : sampleQuantile(tails, Math.max(0.5, 0.99 - called.length * lost))
}

function durationsOf({ requestMs, endMs, runs }: SpanTable, row: number): readonly number[] {
  const durations: number[] = []
  for (let r = 0; r < runs; r++) {
    const ms = endMs[row]![r]! - requestMs[row]![r]!
    if (!Number.isNaN(ms)) durations.push(ms)
  }
  return durations
}

function countOf(values: Float64Array): number {
  let count = 0
  for (const value of values) if (!Number.isNaN(value)) count += 1
  return count
}
