import type { Graph } from "../workflow/graph.ts"

/**
 * A path of h steps misses its percentile less often than its steps do one by one: independent margins add up like
 * sqrt(h), not like h. 1 would be exact for one static path of equal steps; online, 2.5 standard deviations over
 * sqrt(h) reach a 95 % goal, which is this many times the percentile's own 1.645.
 */
const PATH_MARGIN = 1.5

/** Of w parallel steps all must be in time: each needs its 0.95^(1/w) quantile, about sqrt(1 + 0.7 ln w) times as far out. */
const PARALLEL_MARGIN = 0.7

/** Margins are rounded to this, so that a path that shrinks by one step finds most of its frontiers again. */
const STEP = 0.05

/**
 * Share of the way from median to percentile that each open step is given: min(1, 1.5 / sqrt(h)), h the steps on the
 * longest path through it that have no configuration yet, and more beside parallel steps (`widths`). A lone step has
 * its whole percentile. 0 for steps that are not open.
 */
export function margins(graph: Graph, widths: ArrayLike<number>, open: ArrayLike<number>): Float64Array {
  const n = graph.names.length
  const before = new Float64Array(n)
  const after = new Float64Array(n)
  for (let i = 0; i < n; i++)
    for (const parent of graph.parents[i]!) if (open[parent]) before[i] = Math.max(before[i]!, before[parent]! + 1)
  for (let i = n - 1; i >= 0; i--)
    for (const child of graph.children[i]!) if (open[child]) after[i] = Math.max(after[i]!, after[child]! + 1)
  return before.map((count, i) => (open[i] ? marginOf(count + 1 + after[i]!, widths[i]!) : 0))
}

function marginOf(pathSteps: number, width: number): number {
  const alone = Math.min(1, PATH_MARGIN / Math.sqrt(pathSteps))
  return Math.round((alone * Math.sqrt(1 + PARALLEL_MARGIN * Math.log(width))) / STEP) * STEP
}
