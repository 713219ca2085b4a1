import type { SpanTable } from "./spans.ts"

/**
 * Lags from the end of one row to the request of another, over all runs with both. What begins when another ends follows
 * it at a nearly constant distance: its lags have a sharp lower edge, with much of their mass at it. Lags of rows that do
 * not wait for each other spread as widely as the durations between them. Clocks that are constantly wrong move the edge
 * and change nothing about how sharp it is.
 */
export interface Lag {
  readonly from: number
  readonly to: number
  /** Runs with both. */
  readonly count: number
  /** The lower edge, ms. */
  readonly lowMs: number
  /** Share of the runs at the edge, averaged over three widths: 1 where one always waits for the other alone. */
  readonly sharpness: number
}

export interface Lags {
  readonly lags: readonly Lag[]
  /** What a lag may be above the edge and count as at it, ms: the spread with which a platform begins what it is asked to. */
  readonly toleranceMs: number
}

/** Share of lags below which the edge is: one record that is wrong moves no edge among hundreds. */
const EDGE = 0.002

/** Lags that are looked at in all; runs are thinned out above. */
const MOST_LAGS = 3_000_000
const MOST_RUNS = 1_500
const LEAST_RUNS = 200

/** Warm starts that are enough to leave the cold ones out. */
const WARM = 30

/** Least and greatest tolerance, ms: instants have whole milliseconds at worst; no platform takes longer for nothing. */
const TOLERANCE = { least: 3, greatest: 150 }

/** The lags of every ordered pair of rows. O(rows^2 * runs log runs), with at most `MOST_LAGS` of them. */
export function lagsOf(table: SpanTable): Lags {
  const rows = table.names.length
  const every = thinning(table)
  const sorted: { readonly from: number; readonly to: number; readonly values: Float64Array }[] = []
  for (let from = 0; from < rows; from++)
    for (let to = 0; to < rows; to++) {
      if (from === to) continue
      const values = lagValues(table, { from, to, every, after: table.endMs })
      if (values.length > 0) sorted.push({ from, to, values })
    }
  const toleranceMs = toleranceOf(sorted, rows)
  return {
    toleranceMs,
    lags: sorted.map(({ from, to, values }) => ({
      from,
      to,
      count: values.length,
      lowMs: edgeOf(values),
      sharpness: sharpnessOf(values, toleranceMs),
    })),
  }
}

/**
 * How sharp the lags are from the request of one row to that of another. What begins with another rather than after it is
 * sharper so.
 */
export function sharpnessOfStarts(
  table: SpanTable,
  { from, to }: { readonly from: number; readonly to: number },
  toleranceMs: number,
): number {
  const values = lagValues(table, { from, to, every: thinning(table), after: table.requestMs })
  return values.length === 0 ? 0 : sharpnessOf(values, toleranceMs)
}

/** Every which run is looked at. */
function thinning({ names, runs }: SpanTable): number {
  const most = Math.min(MOST_RUNS, Math.max(LEAST_RUNS, Math.floor(MOST_LAGS / Math.max(1, names.length ** 2))))
  return Math.max(1, Math.ceil(runs / most))
}

interface Pair {
  readonly from: number
  readonly to: number
  readonly every: number
  /** Instants that the lags are counted from. */
  readonly after: SpanTable["endMs"]
}

function lagValues({ runs, requestMs, warm }: SpanTable, { from, to, every, after }: Pair): Float64Array {
  const ends = after[from]!
  const requests = requestMs[to]!
  const isWarm = warm[to]!
  const all: number[] = []
  const warmOnes: number[] = []
  for (let r = 0; r < runs; r += every) {
    const lag = requests[r]! - ends[r]!
    if (Number.isNaN(lag)) continue
    all.push(lag)
    if (isWarm[r] === 1) warmOnes.push(lag)
  }
  return Float64Array.from(warmOnes.length >= WARM ? warmOnes : all).sort()
}

function edgeOf(values: Float64Array): number {
  return values[Math.floor(EDGE * values.length)]!
}

/** Rows that wait for one other row, as a share of all: not so few in any workflow of some steps. */
const WAITING = 0.2

/**
 * Three times how far a quarter of the lags reach above their edge, in the sharpest pair of a row; of the rows the one
 * at `WAITING` from the sharpest, as rows that wait for nothing have no sharp pair.
 */
function toleranceOf(sorted: readonly { readonly to: number; readonly values: Float64Array }[], rows: number): number {
  const least = new Float64Array(rows).fill(Number.POSITIVE_INFINITY)
  for (const { to, values } of sorted) {
    const width = values[values.length >> 2]! - edgeOf(values)
    if (width < least[to]!) least[to] = width
  }
  const widths = least.filter(Number.isFinite).sort()
  const typical = widths[Math.floor(WAITING * widths.length)] ?? 0
  return Math.min(TOLERANCE.greatest, Math.max(TOLERANCE.least, 3 * typical))
}

function sharpnessOf(values: Float64Array, toleranceMs: number): number {
  const edge = edgeOf(values)
  let sum = 0
  for (const factor of [0.5, 1, 2]) sum += countUpTo(values, edge + factor * toleranceMs) / values.length / 3
  // A handful of runs proves less.
  return sum * (values.length / (values.length + 5))
}

function countUpTo(values: Float64Array, limit: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return low
}
