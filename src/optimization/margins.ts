import type { Graph } from "../workflow/graph.ts"

/**
 * A path of h steps misses its percentile less often than its steps do one by one: independent margins add up like
 * sqrt(h), not like h. 1 would be exact for one path of equal steps; the rest covers parallel paths, of which all
 * must be in time.
 */
const PARALLEL_PATHS = 1.5

/** Margins are rounded to this, so that a path that shrinks by one step finds most of its frontiers again. */
const STEP = 0.05

/**
 * Share of the way from median to percentile that each step is given: min(1, 1.5 / sqrt(h)), h the steps on the
 * longest path through it that have no configuration yet. A lone step has its whole percentile. 0 for other steps.
 */
export function margins(graph: Graph, open: ArrayLike<number>): Float64Array {
  const n = graph.names.length
  const before = new Float64Array(n)
  const after = new Float64Array(n)
  for (let i = 0; i < n; i++)
    for (const parent of graph.parents[i]!) if (open[parent]) before[i] = Math.max(before[i]!, before[parent]! + 1)
  for (let i = n - 1; i >= 0; i--)
    for (const child of graph.children[i]!) if (open[child]) after[i] = Math.max(after[i]!, after[child]! + 1)
  const marginOf = (onPath: number): number => Math.round(Math.min(1, PARALLEL_PATHS / Math.sqrt(onPath)) / STEP) * STEP
  return before.map((count, i) => (open[i] ? marginOf(count + 1 + after[i]!) : 0))
}
