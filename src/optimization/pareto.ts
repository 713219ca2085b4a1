/** Bins of the prune: enough that a few hundred survivors remain to be sorted. */
const BINS = 8192

/** Below this many points sorting at once is quicker than binning first. */
const SORT_AT_ONCE = 1024

/** From so many points on a bin is sorted by the library instead of by insertion. */
const LARGE_BIN = 24

/** Points as parallel arrays. Where latency and cost are equal, the lower rank is kept, or any without ranks. */
export interface Points {
  readonly count: number
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  readonly rankOf?: (point: number) => number
}

/**
 * The exact Pareto set: indices of the points that no other beats in latency without costing more, latency rising
 * and cost strictly falling. O(N): two passes over bins of 1/t leave some hundred points, which their bins sort.
 */
export function paretoOrder(points: Points): Int32Array {
  const { count, costUsd } = points
  const before = orderOf(points)
  const kept = count <= SORT_AT_ONCE ? sorted(count, before) : survivors(points, before)
  let size = 0
  let cheapest = Infinity
  for (const i of kept) {
    if (!(costUsd[i]! < cheapest)) continue
    cheapest = costUsd[i]!
    kept[size++] = i
  }
  return kept.slice(0, size)
}

type Order = (a: number, b: number) => number

function orderOf({ latencyMs, costUsd, rankOf }: Points): Order {
  return (a, b) =>
    latencyMs[a]! - latencyMs[b]! || costUsd[a]! - costUsd[b]! || (rankOf === undefined ? 0 : rankOf(a) - rankOf(b))
}

function sorted(count: number, before: Order): Int32Array {
  const all = new Int32Array(count)
  for (let i = 0; i < count; i++) all[i] = i
  return all.sort(before)
}

/**
 * In order, the points that cost less than the cheapest of any strictly faster bin. That prefix minimum is exclusive:
 * with its own bin included it would drop points that only a slower one of the same bin undercuts.
 */
function survivors(points: Points, before: Order): Int32Array {
  const { count, costUsd } = points
  const bins = binsOf(points)
  const bound = new Float64Array(BINS).fill(Infinity)
  for (let i = 0; i < count; i++) if (costUsd[i]! < bound[bins[i]!]!) bound[bins[i]!] = costUsd[i]!
  let faster = Infinity
  for (let bin = 0; bin < BINS; bin++) {
    const own = bound[bin]!
    bound[bin] = faster
    if (own < faster) faster = own
  }
  /** Where the points of a bin end; after the second pass where they begin. */
  const ends = new Int32Array(BINS + 1)
  for (let i = 0; i < count; i++) if (costUsd[i]! < bound[bins[i]!]!) ends[bins[i]!]!++
  for (let bin = 1; bin <= BINS; bin++) ends[bin]! += ends[bin - 1]!
  const kept = new Int32Array(ends[BINS]!)
  for (let i = 0; i < count; i++) if (costUsd[i]! < bound[bins[i]!]!) kept[--ends[bins[i]!]!] = i
  for (let bin = 0; bin < BINS; bin++) sortPart(kept, ends[bin]!, ends[bin + 1]!, before)
  return kept
}

/** By 1/t, so that small times, where most points lie, get as many bins as large ones. */
function binsOf({ count, latencyMs }: Points): Uint16Array {
  let fastest = Infinity
  let slowest = 0
  for (let i = 0; i < count; i++) {
    const time = latencyMs[i]!
    if (time < fastest) fastest = time
    if (time > slowest) slowest = time
  }
  const top = 1 / fastest
  const span = top - 1 / slowest
  const bins = new Uint16Array(count)
  if (!(span > 0) || !Number.isFinite(span)) return bins
  const scale = (BINS - 1) / span
  for (let i = 0; i < count; i++) bins[i] = (top - 1 / latencyMs[i]!) * scale
  return bins
}

function sortPart(values: Int32Array, from: number, to: number, before: Order): void {
  if (to - from > LARGE_BIN) {
    values.subarray(from, to).sort(before)
    return
  }
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!
    let at = i
    for (; at > from && before(values[at - 1]!, value) > 0; at--) values[at] = values[at - 1]!
    values[at] = value
  }
}
