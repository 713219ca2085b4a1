/** Bins of the prune: enough that a few hundred survivors remain to be sorted. */
const BINS = 8192

/** Below this many points sorting at once is quicker than binning first. */
const SORT_AT_ONCE = 1024

/** Points as parallel arrays. Where latency and cost are equal, the lower `rank` is kept, or any without ranks. */
export interface Points {
  readonly count: number
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  readonly rank?: ArrayLike<number>
}

/**
 * The exact Pareto set: indices of the points that no other beats in latency without costing more, latency rising
 * and cost strictly falling. O(N) plus the sort of the few that survive one pass over bins of 1/t.
 */
export function paretoOrder(points: Points): Int32Array {
  const { latencyMs, costUsd, rank } = points
  const kept = points.count <= SORT_AT_ONCE ? Int32Array.from({ length: points.count }, (_, i) => i) : survivors(points)
  const rankOf = (i: number): number => rank?.[i] ?? 0
  kept.sort((a, b) => latencyMs[a]! - latencyMs[b]! || costUsd[a]! - costUsd[b]! || rankOf(a) - rankOf(b))
  let size = 0
  let cheapest = Infinity
  for (const i of kept) {
    if (!(costUsd[i]! < cheapest)) continue
    cheapest = costUsd[i]!
    kept[size++] = i
  }
  return kept.slice(0, size)
}

/**
 * Drops every point that costs no less than the cheapest of a strictly faster bin. The prefix minimum is exclusive:
 * with its own bin included it would drop points that only a slower one of the same bin undercuts.
 */
function survivors({ count, latencyMs, costUsd }: Points): Int32Array {
  let fastest = Infinity
  let slowest = 0
  for (let i = 0; i < count; i++) {
    fastest = Math.min(fastest, latencyMs[i]!)
    slowest = Math.max(slowest, latencyMs[i]!)
  }
  const top = 1 / fastest
  const span = top - 1 / slowest
  const scale = span > 0 && Number.isFinite(span) ? (BINS - 1) / span : 0
  const cheapest = new Float64Array(BINS).fill(Infinity)
  const bins = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    const bin = scale === 0 ? 0 : Math.floor((top - 1 / latencyMs[i]!) * scale)
    bins[i] = bin
    if (costUsd[i]! < cheapest[bin]!) cheapest[bin] = costUsd[i]!
  }
  let faster = Infinity
  for (let bin = 0; bin < BINS; bin++) {
    const own = cheapest[bin]!
    cheapest[bin] = faster
    faster = Math.min(faster, own)
  }
  const kept = new Int32Array(count)
  let size = 0
  for (let i = 0; i < count; i++) if (costUsd[i]! < cheapest[bins[i]!]!) kept[size++] = i
  return kept.slice(0, size)
}
