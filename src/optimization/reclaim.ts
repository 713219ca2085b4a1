import type { Graph } from "../workflow/graph.ts"
import { cheapestWithin } from "./frontier.ts"
import type { CostCurve } from "./selection-problem.ts"

/** Steps that choose from frontiers; the others (undefined) have ended or run. */
export interface Choosing {
  readonly graph: Graph
  readonly frontiers: readonly (CostCurve | undefined)[]
  /** No start before it, ms by step index; 0 where absent. */
  readonly releaseMs?: ArrayLike<number>
}

/** Each move is one O(V + E) sweep; a move makes one step as cheap as it gets, so few are needed per step. */
const MOVES_PER_STEP = 4

/** More moves than that save next to nothing. */
const MAX_MOVES = 400

/**
 * Spends the slack that a selection leaves before the deadline: over and over the step moves that saves most, to the
 * cheapest entry of its frontier that still fits between its earliest start and what follows. Never raises the cost,
 * never breaks a deadline that the selection keeps.
 */
export function reclaim(choosing: Choosing, selection: Int32Array, deadlineMs: number): Int32Array {
  const { frontiers } = choosing
  const chosen = Int32Array.from(selection)
  const startMs = new Float64Array(frontiers.length)
  const tailMs = new Float64Array(frontiers.length)
  for (let move = 0; move < Math.min(MAX_MOVES, MOVES_PER_STEP * frontiers.length); move++) {
    sweepInto(choosing, chosen, startMs, tailMs)
    let best = -1
    let to = -1
    let most = 0
    for (const [i, frontier] of frontiers.entries()) {
      if (frontier === undefined) continue
      const now = chosen[i]!
      const roomMs = deadlineMs - startMs[i]! - tailMs[i]!
      // Most steps have no room for even their next entry.
      if (now + 1 >= frontier.latencyMs.length || frontier.latencyMs[now + 1]! > roomMs) continue
      const k = cheapestWithin(frontier, roomMs)
      const saving = frontier.costUsd[now]! - frontier.costUsd[k]!
      if (saving > most) [best, to, most] = [i, k, saving]
    }
    if (best === -1) break
    chosen[best] = to
  }
  return chosen
}

/** Earliest starts, and the longest time from each step's end to the end of all, ms. O(V + E). */
export function sweep(
  choosing: Choosing,
  selection: Int32Array,
): { readonly startMs: Float64Array; readonly tailMs: Float64Array } {
  const startMs = new Float64Array(choosing.frontiers.length)
  const tailMs = new Float64Array(choosing.frontiers.length)
  sweepInto(choosing, selection, startMs, tailMs)
  return { startMs, tailMs }
}

function sweepInto(
  { graph, frontiers, releaseMs }: Choosing,
  selection: Int32Array,
  startMs: Float64Array,
  tailMs: Float64Array,
): void {
  const n = frontiers.length
  const timeOf = (i: number): number => frontiers[i]?.latencyMs[selection[i]!] ?? 0
  for (let i = 0; i < n; i++) {
    let start = releaseMs?.[i] ?? 0
    for (const parent of graph.parents[i]!)
      if (frontiers[parent] !== undefined) start = Math.max(start, startMs[parent]! + timeOf(parent))
    startMs[i] = start
  }
  for (let i = n - 1; i >= 0; i--) {
    let tail = 0
    for (const child of graph.children[i]!) tail = Math.max(tail, timeOf(child) + tailMs[child]!)
    tailMs[i] = tail
  }
}

/** Cost of a selection, USD. */
export function selectionCost({ frontiers }: Choosing, selection: Int32Array): number {
  return frontiers.reduce((sum, frontier, i) => sum + (frontier?.costUsd[selection[i]!] ?? 0), 0)
}
