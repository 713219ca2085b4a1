import type { CostCurve } from "../selection-problem.ts"

/**
 * Lower convex hull of a cost curve, from the slow and cheap end to the fast and dear one: times (ms) fall, costs
 * (USD) rise, and so do the prices of time (USD per ms): from `prices[k]` on it pays to move from corner k - 1 to
 * corner k. `prices[0]` is 0.
 */
export interface Hull {
  readonly timesMs: Float64Array
  readonly costsUsd: Float64Array
  readonly prices: Float64Array
}

/** The hulls of all steps in flat arrays: corner k of step i lies at `offset[i] + k`, `corners[i]` of them. */
export interface HullTable {
  timesMs: Float64Array
  costsUsd: Float64Array
  prices: Float64Array
  readonly offset: Int32Array
  readonly corners: Int32Array
  readonly capacity: Int32Array
  used: number
}

/** Hull of the entries lo..hi of a curve, both included. O(hi - lo). */
export function hullOf(curve: CostCurve, lo: number = 0, hi: number = curve.latencyMs.length - 1): Hull {
  const table = hullTable([curve])
  setHull(table, 0, curve, lo, hi)
  const count = table.corners[0]!
  return {
    timesMs: table.timesMs.slice(0, count),
    costsUsd: table.costsUsd.slice(0, count),
    prices: table.prices.slice(0, count),
  }
}

/** The hulls of whole curves, by step index. O(total entries) for curves that are new, O(total corners) later. */
export function hullTable(curves: readonly CostCurve[]): HullTable {
  let total = 0
  for (const curve of curves) total += roomFor(curve)
  const table: HullTable = {
    timesMs: new Float64Array(total),
    costsUsd: new Float64Array(total),
    prices: new Float64Array(total),
    offset: new Int32Array(curves.length),
    corners: new Int32Array(curves.length),
    capacity: new Int32Array(curves.length),
    used: 0,
  }
  for (const [step, curve] of curves.entries()) {
    reserve(table, step, roomFor(curve))
    setHull(table, step, curve, 0, curve.latencyMs.length - 1)
  }
  return table
}

/** Room for the hull of any range of a curve, save for ranges that have few corners of the whole and many of their own. */
function roomFor(curve: CostCurve): number {
  return Math.min(curve.latencyMs.length, cornersOf(curve).length + SPARE)
}

const SPARE = 16

/** Replaces the hull of a step by that of the entries lo..hi of a curve. Allocates only where there is no room for it. */
export function setHull(table: HullTable, step: number, curve: CostCurve, lo: number, hi: number): void {
  const { latencyMs, costUsd } = curve
  const count = listCandidates(curve, lo, hi)
  if (count > table.capacity[step]!) reserve(table, step, count)
  const { timesMs, costsUsd, prices } = table
  const first = table.offset[step]!
  let last = first - 1
  for (let at = 0; at < count; at++) {
    const time = latencyMs[candidates[at]!]!
    const cost = costUsd[candidates[at]!]!
    let price = 0
    while (last >= first) {
      price = (cost - costsUsd[last]!) / (timesMs[last]! - time)
      if (last === first || price > prices[last]!) break
      last--
    }
    last++
    timesMs[last] = time
    costsUsd[last] = cost
    prices[last] = price
  }
  table.corners[step] = last - first + 1
}

/** Entries that `setHull` looks at, the slowest first. */
let candidates = new Int32Array(256)

/**
 * Lists the entries of a range that may be corners of its hull, and returns how many. Between two corners of the whole
 * curve the hull of a range is that of the whole, so that only corners and what lies beyond the outer ones are left.
 */
function listCandidates(curve: CostCurve, lo: number, hi: number): number {
  if (candidates.length <= hi - lo) candidates = new Int32Array(2 * (hi - lo + 1))
  const corners = hi - lo < SHORT ? NONE : cornersOf(curve)
  let at = 0
  while (at < corners.length && corners[at]! > hi) at++
  const outer = corners[at] ?? lo - 1
  let count = 0
  let k = hi
  while (k > outer && k >= lo) candidates[count++] = k--
  for (; at < corners.length && corners[at]! >= lo; at++) {
    candidates[count++] = corners[at]!
    k = corners[at]! - 1
  }
  while (k >= lo) candidates[count++] = k--
  return count
}

/** Shorter ranges are looked at entry by entry. */
const SHORT = 8

const NONE = new Int32Array(0)

const known = new WeakMap<CostCurve, Int32Array>()

/** Entries of a whole curve that are corners of its hull, the slowest first: found once, then kept with the curve. */
export function cornersOf(curve: CostCurve): Int32Array {
  const found = curve.corners ?? known.get(curve)
  if (found !== undefined) return found
  const corners = findCorners(curve)
  known.set(curve, corners)
  return corners
}

function findCorners({ latencyMs, costUsd }: CostCurve): Int32Array {
  const corners = new Int32Array(latencyMs.length)
  let last = -1
  const price = (a: number, b: number): number => (costUsd[b]! - costUsd[a]!) / (latencyMs[a]! - latencyMs[b]!)
  for (let k = latencyMs.length - 1; k >= 0; k--) {
    while (last > 0 && price(corners[last]!, k) <= price(corners[last - 1]!, corners[last]!)) last--
    corners[++last] = k
  }
  return corners.slice(0, last + 1)
}

/** The segment of a price of time: the last corner whose price is at most it. O(log corners). */
export function segmentOf(table: HullTable, step: number, price: number): number {
  const first = table.offset[step]!
  let low = 1
  let high = table.corners[step]!
  while (low < high) {
    const middle = (low + high) >>> 1
    if (table.prices[first + middle]! <= price) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Gives a step room for `entries` corners at the end of the arrays, which double when they are full. */
function reserve(table: HullTable, step: number, entries: number): void {
  const needed = table.used + entries
  if (needed > table.timesMs.length) {
    const size = Math.max(needed, 2 * table.timesMs.length)
    table.timesMs = grown(table.timesMs, size)
    table.costsUsd = grown(table.costsUsd, size)
    table.prices = grown(table.prices, size)
  }
  table.offset[step] = table.used
  table.capacity[step] = entries
  table.used = needed
}

function grown(values: Float64Array, size: number): Float64Array {
  const copy = new Float64Array(size)
  copy.set(values)
  return copy
}
