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

/** The hulls of whole curves, by step index. O(total entries). */
export function hullTable(curves: readonly CostCurve[]): HullTable {
  const total = curves.reduce((sum, curve) => sum + curve.latencyMs.length, 0)
  const table: HullTable = {
    timesMs: new Float64Array(total),
    costsUsd: new Float64Array(total),
    prices: new Float64Array(total),
    offset: new Int32Array(curves.length),
    corners: new Int32Array(curves.length),
    capacity: new Int32Array(curves.length),
    used: 0,
  }
  for (const [step, curve] of curves.entries()) setHull(table, step, curve, 0, curve.latencyMs.length - 1)
  return table
}

/** Replaces the hull of a step by that of the entries lo..hi of a curve. Allocates only for a longer curve. */
export function setHull(table: HullTable, step: number, curve: CostCurve, lo: number, hi: number): void {
  if (hi - lo + 1 > table.capacity[step]!) reserve(table, step, hi - lo + 1)
  const { latencyMs, costUsd } = curve
  const { timesMs, costsUsd, prices } = table
  const first = table.offset[step]!
  let last = first - 1
  for (let k = hi; k >= lo; k--) {
    const time = latencyMs[k]!
    const cost = costUsd[k]!
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
