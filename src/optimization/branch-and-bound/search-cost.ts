import { dualSimplex } from "../dual/network-simplex.ts"
import type { SearchLimits, SearchResult, SelectionProblem } from "../selection-problem.ts"
import { cheapestCost, flatProblem, type FlatProblem, longestPath } from "./flat-problem.ts"
import { type TreeLimits, type TreeResult, treeSearch } from "./tree-search.ts"

/** A deadline is kept by what ends this much later: rounding of sums. */
export const TOLERANCE: number = 1 + 1e-9

/**
 * The cheapest selection whose longest path is at most `deadlineMs` (positive), with a proven bound: linear relaxation,
 * rounding, and a branch and bound until the gap or the count of nodes is reached. `limits.known`
 * may name selections to start from. Null when even the fastest entries miss the deadline. Milliseconds up to a few hundred steps; a node costs about a microsecond per step.
 */
export function searchCost(
  problem: SelectionProblem,
  deadlineMs: number,
  limits: SearchLimits & Pick<TreeLimits, "known">,
): SearchResult | null {
  const { flat, dual } = scaledProblem(problem, deadlineMs * TOLERANCE)
  const found = treeSearch(flat, dual).run(1, limits)
  return found === null ? null : resultOf(problem, flat, found)
}

/** The problem in units of `timeScale` ms and its cheapest cost, with its relaxation. */
export function scaledProblem(
  problem: SelectionProblem,
  timeScale: number,
): { readonly flat: FlatProblem; readonly dual: ReturnType<typeof dualSimplex> } {
  const flat = flatProblem(problem, timeScale, cheapestCost(problem))
  return { flat, dual: dualSimplex(flat.scaled) }
}

/** What a tree found, in ms and USD. */
export function resultOf(problem: SelectionProblem, flat: FlatProblem, found: TreeResult): SearchResult {
  const { selection, nodes, certificate } = found
  const costUsd = problem.curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0)
  const lowerBound = Math.min(costUsd, found.bound * flat.costScale)
  const unit = flat.costScale / flat.timeScale
  return {
    selection,
    latencyMs: longestPath(problem, selection),
    costUsd,
    lowerBound,
    gap: lowerBound > 0 ? costUsd / lowerBound - 1 : 0,
    certificate: {
      stepFlow: certificate.stepFlow.map((flow) => flow * unit),
      dependencyFlow: certificate.dependencyFlow.map((list) => list.map((flow) => flow * unit)),
    },
    nodes,
  }
}
