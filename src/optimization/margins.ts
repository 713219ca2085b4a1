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
  return openPathSteps(graph, open).map((count, i) => (open[i] ? marginOf(count, widths[i]!) : 0))
}

/** h: open steps on the longest path through each open step, itself included; 0 for steps that are not open. O(V + E). */
export function openPathSteps(graph: Graph, open: ArrayLike<number>): Float64Array {
  const n = graph.names.length
  const before = new Float64Array(n)
  const after = new Float64Array(n)
  for (let i = 0; i < n; i++)
    for (const parent of graph.parents[i]!) if (open[parent]) before[i] = Math.max(before[i]!, before[parent]! + 1)
  for (let i = n - 1; i >= 0; i--)
    for (const child of graph.children[i]!) if (open[child]) after[i] = Math.max(after[i]!, after[child]! + 1)
  return before.map((count, i) => (open[i] ? count + 1 + after[i]! : 0))
}

/** Standard deviations that a policy adds to means unless it was calibrated: planning.md section 10. */
export const DEFAULT_KAPPA = 2.5

/** How fast the margins of a policy fall with the steps that are left, unless it was calibrated: like their root. */
export const DEFAULT_SHRINK = 0.5

/** Margins of a policy, in standard deviations of each step's time. */
export interface OnlineMargin {
  /** Of a last step. */
  readonly kappa: number
  /** Exponent of the steps that are left; `DEFAULT_SHRINK` where absent. */
  readonly shrink?: number
}

/**
 * Standard deviations to add to the mean of each open step: kappa / h^shrink, h the open steps on the longest path through
 * it. Early steps get less, since those after them can still make up for what they lose. 0 for steps that are not open.
 */
export function onlineKappas(
  graph: Graph,
  open: ArrayLike<number>,
  { kappa, shrink = DEFAULT_SHRINK }: OnlineMargin = { kappa: DEFAULT_KAPPA },
): Float64Array {
  return openPathSteps(graph, open).map((count) => (count > 0 ? kappa / count ** shrink : 0))
}

/** Shares of a margin that are tried in turn: without them a run that is a little late would rush everything. */
export const CAUTIONS = [1, 0.6, 0.3, 0] as const

/** A fastest plan that takes more of the remaining time than this leaves nothing to choose. */
const TIGHT = 0.98

/**
 * The first of CAUTIONS at which the fastest plan with its margins ends well within the remaining time; null where not
 * even means do: the run is late, and only its critical path should hurry.
 */
export function cautionFor(fastestMs: (caution: number) => number, remainingMs: number): number | null {
  for (const caution of CAUTIONS)
    if (fastestMs(caution) <= (caution > 0 ? TIGHT : 1 + 1e-9) * remainingMs) return caution
  return null
}

function marginOf(pathSteps: number, width: number): number {
  const alone = Math.min(1, PATH_MARGIN / Math.sqrt(pathSteps))
  return Math.round((alone * Math.sqrt(1 + PARALLEL_MARGIN * Math.log(width))) / STEP) * STEP
}
