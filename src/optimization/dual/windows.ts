import type { Graph } from "../../workflow/graph.ts"
import type { HullTable } from "./hull.ts"

/** A deadline is kept within this share of it. */
const TOLERANCE = 1e-9

/**
 * Windows that keep a deadline, made from any: each is brought between the fastest and the slowest time of its step,
 * then all of them move towards the fastest times until the longest path fits, d <- fastest + a (d - fastest). The
 * longest path is convex in a, so a = (S - T_min) / (T - T_min) fits. Null when the fastest times miss the deadline.
 */
export function fittingWindows(
  graph: Graph,
  hulls: HullTable,
  windowsMs: Float64Array,
  deadlineMs: number,
): Float64Array | null {
  const corner = (step: number, k: number): number => hulls.timesMs[hulls.offset[step]! + k]!
  const fastest = windowsMs.map((_, step) => corner(step, hulls.corners[step]! - 1))
  const clamped = windowsMs.map((window, step) => Math.min(corner(step, 0), Math.max(fastest[step]!, window)))
  const longest = longestPath(graph, clamped)
  if (longest <= deadlineMs) return clamped
  const least = longestPath(graph, fastest)
  if (least > deadlineMs * (1 + TOLERANCE)) return null
  const share = Math.max(0, (deadlineMs - least) / (longest - least))
  return clamped.map((window, step) => fastest[step]! + share * (window - fastest[step]!))
}

/** Length of the longest path, ms. O(V + E). */
export function longestPath({ parents }: Graph, durationsMs: ArrayLike<number>): number {
  const end = new Float64Array(parents.length)
  let longest = 0
  for (let i = 0; i < end.length; i++) {
    let start = 0
    for (const parent of parents[i]!) start = Math.max(start, end[parent]!)
    end[i] = start + durationsMs[i]!
    longest = Math.max(longest, end[i]!)
  }
  return longest
}
