import type { SpanTable } from "./spans.ts"
import type { Structure, Wait } from "./structure.ts"

/** What is needed to find the critical path of one run. */
export interface PathContext {
  readonly table: SpanTable
  readonly structure: Structure
  /** By row, the row that calls it. */
  readonly callerOf: readonly (number | null)[]
  /** By row, share of the runs that have it, lost records made good. */
  readonly presence: readonly number[]
  /** By row, the longest wait that is usual after all that it waits for has ended, ms. */
  readonly usualGapMs: readonly number[]
  /** By row, the longest time that is usual from the end of the last that it called to its own end, ms. */
  readonly usualTailMs: readonly number[]
  /** By row, the time that it takes at least (P5), ms: what is missing has left such a hole. */
  readonly leastMs: readonly number[]
}

export interface RunPath {
  /** Rows from the first to the last. */
  readonly path: readonly number[]
  /** Rows that must have run although no record of them is there. */
  readonly missing: readonly number[]
}

/** A row that is in all runs but so many, in share, is in all. */
const ALWAYS = 0.985

/**
 * The chain that made a run as long as it was: back from the row that ended last, each time to what its row waited for
 * last. Where nothing that is there explains why a row began so late, a record is missing, and the chain goes through
 * the row that it would be of. O(rows * out-degree).
 */
export function runPath(context: PathContext, run: number): RunPath {
  const missing = new Set<number>()
  const top = context.table.names.map((_, row) => row).filter((row) => (context.callerOf[row] ?? null) === null)
  const path = chain(context, { run, missing, rows: top })
  for (const row of top) if (isLost(context, run, row)) missing.add(row)
  return { path, missing: [...missing] }
}

interface Walk {
  readonly run: number
  readonly missing: Set<number>
  /** Rows among which the chain runs. */
  readonly rows: readonly number[]
  /** The row that calls them. */
  readonly caller?: number
}

function chain(context: PathContext, walk: Walk): readonly number[] {
  const backwards: number[] = []
  let row = lastOf(context, walk)
  while (row !== null && !backwards.includes(row)) {
    backwards.push(row)
    row = waitedFor(context, walk, row)
  }
  return backwards.reverse().flatMap((one) => [one, ...calledIn(context, walk, one)])
}

/** The chain among what a row called, which is part of the row's own time. */
function calledIn(context: PathContext, walk: Walk, row: number): readonly number[] {
  const rows = context.callerOf.flatMap((caller, called) => (caller === row ? [called] : []))
  return rows.length === 0 ? [] : chain(context, { ...walk, rows, caller: row })
}

/** The row that ended last; a row behind it that is always there, and of which no record is, ended after it. */
function lastOf(context: PathContext, walk: Walk): number | null {
  const { run, missing, rows } = walk
  const { table, structure } = context
  let last: number | null = null
  for (const row of rows)
    if (isThere(table, run, row) && (last === null || table.endMs[row]![run]! > table.endMs[last]![run]!)) last = row
  last ??= lostLast(context, { run, missing, rows })
  if (last === null) return null
  last = lostBehind(context, walk, last) ?? last
  for (let next = last; ;) {
    const lost = rows.find(
      (row) => isLost(context, run, row) && structure.parents[row]!.some((wait) => wait.from === next),
    )
    if (lost === undefined || missing.has(lost)) return next
    missing.add(lost)
    next = lost
  }
}

/** A caller that ends later than usual after the last that it called had called one more side by side with it. */
function lostBehind(context: PathContext, { run, missing, rows, caller }: Walk, last: number): number | null {
  const { table, structure } = context
  if (caller === undefined || !isThere(table, run, caller)) return null
  const tailMs = table.endMs[caller]![run]! - table.endMs[last]![run]!
  if (tailMs <= context.usualTailMs[caller]!) return null
  const isWaitedFor = (row: number): boolean =>
    rows.some((other) => structure.parents[other]!.some(({ from }) => from === row))
  const lost = rows.find((row) => isLost(context, run, row) && !isWaitedFor(row))
  if (lost !== undefined) missing.add(lost)
  return lost ?? null
}

/** Where no row is there at all: the last of those that always are. */
function lostLast(context: PathContext, { run, missing, rows }: Walk): number | null {
  const lost = rows.filter((row) => isLost(context, run, row))
  const last = lost.find(
    (row) => !lost.some((other) => context.structure.parents[other]!.some(({ from }) => from === row)),
  )
  if (last === undefined) return null
  missing.add(last)
  return last
}

function isThere({ endMs }: SpanTable, run: number, row: number): boolean {
  return !Number.isNaN(endMs[row]![run]!)
}

/** No record, although the row is in every run. */
function isLost({ table, presence }: PathContext, run: number, row: number): boolean {
  return presence[row]! >= ALWAYS && !isThere(table, run, row)
}

/** What a row waited for last in this run; null where it waited for nothing. */
function waitedFor(context: PathContext, walk: Walk, row: number): number | null {
  const { table, structure } = context
  const waits = structure.waitsFor[row]!
  if (waits.length === 0) return null
  const { run } = walk
  const there = nearestThere(context, run, row)
  const last = there.reduce<number | null>(
    (latest, one) => (latest === null || table.endMs[one]![run]! > table.endMs[latest]![run]! ? one : latest),
    null,
  )
  const lost = mostBinding(structure.parents[row]!.filter(({ from }) => !isThere(table, run, from)))
  // What is not in every run was rather left out than lost, where nothing speaks for it.
  if (lost === null || (last === null && !isLost(context, run, lost.from))) return last
  const isExplained =
    last !== null &&
    isThere(table, run, row) &&
    table.requestMs[row]![run]! - table.endMs[last]![run]! <=
      Math.max(context.usualGapMs[row]!, context.leastMs[lost.from]! / 2)
  // A row that is not there itself says nothing about when it began.
  const isUnknown = !isThere(table, run, row) && !isLost(context, run, lost.from)
  if (isExplained || (isUnknown && last !== null)) return last
  walk.missing.add(lost.from)
  return lost.from
}

/** What the row waited for and is there; of a row that is not, what that one waited for. */
function nearestThere(context: PathContext, run: number, row: number): readonly number[] {
  const { structure, table } = context
  const found = new Set<number>()
  const seen = new Set<number>([row])
  const visit = (one: number): void => {
    for (const { from } of structure.waitsFor[one]!) {
      if (seen.has(from)) continue
      seen.add(from)
      if (isThere(table, run, from)) found.add(from)
      else visit(from)
    }
  }
  visit(row)
  return [...found]
}

function mostBinding(waits: readonly Wait[]): Wait | null {
  return waits.reduce<Wait | null>((most, wait) => (most === null || wait.evidence > most.evidence ? wait : most), null)
}
