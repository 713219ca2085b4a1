import { longestPath } from "../branch-and-bound/flat-problem.ts"
import { searchCost } from "../branch-and-bound/search-cost.ts"
import { searchLatency } from "../branch-and-bound/search-latency.ts"
import { certificateBound } from "../dual/certificate.ts"
import { costScaling } from "../dual/cost-scaling.ts"
import { expandSelection, type Kernel, kernelOf } from "../frontier-merge/reduce.ts"
import type { PlanCertificate } from "../planner.ts"
import type { SearchResult, SelectionProblem } from "../selection-problem.ts"
import { type Effort, limitsOf } from "./effort.ts"

/** A selection of the whole problem with what is proven about it. */
export interface Solved {
  readonly selection: Int32Array
  readonly lowerBound: number
  readonly certificate: PlanCertificate | null
}

export interface SolveOptions {
  readonly effort: Effort
  readonly shouldStop?: () => boolean
}

/** Wide workflows from so many steps on are solved by cost scaling. */
const SCALING_FROM = 2000

/** Wide: paths have fewer steps than this share of all. */
const SCALING_DEPTH = 0.1

/** Gap that cost scaling goes for: each phase after that takes longer and gains less. */
const SCALING_GAP: Readonly<Record<Effort, number>> = { fast: 0.02, default: 0.01, exact: 2e-3 }

/** Pairs of entries that an exact answer may merge in series: some tenths of a second. */
const EXACT_PAIRS = 20_000_000

/** Rounding of sums: a deadline or budget is kept by what exceeds it by this share. */
const TOLERANCE = 1 + 1e-9

/** The cheapest selection within a deadline; null when there is none. */
export function solveDeadline(problem: SelectionProblem, deadlineMs: number, options: SolveOptions): Solved | null {
  const kernel = kernelFor(problem)
  const found = searched(kernel.problem, deadlineMs, options)
  if (found === null) return null
  if (options.effort === "exact" && found.gap > limitsOf("exact", 1).gap && options.shouldStop?.() !== true) {
    const merged = mergedCurve(problem)
    const entry = merged?.nodes[0]!.latencyMs.findLastIndex((ms) => ms <= deadlineMs * TOLERANCE) ?? -1
    if (merged !== null && entry >= 0)
      return fromMerged(merged, entry, problem, merged.nodes[0]!.costUsd[entry]! / merged.error)
  }
  return expanded(kernel, found, { problem, deadlineMs, lowerBound: found.lowerBound / kernel.error })
}

/** The fastest selection within a budget; null when there is none. */
export function solveBudget(problem: SelectionProblem, budgetUsd: number, options: SolveOptions): Solved | null {
  const kernel = kernelFor(problem)
  const limits = limitsOf(options.effort, kernel.problem.curves.length, options.shouldStop)
  const found = searchLatency(kernel.problem, budgetUsd, limits)
  if (found === null) return null
  if (options.effort === "exact" && found.gap > limits.gap && options.shouldStop?.() !== true) {
    const merged = mergedCurve(problem)
    const node = merged?.nodes[0]
    const entry = node?.costUsd.findIndex((usd) => usd <= budgetUsd * TOLERANCE) ?? -1
    // Of a thinned curve it is not known how much faster the budget could be met.
    if (merged !== null && node !== undefined && entry >= 0 && merged.error === 1)
      return fromMerged(merged, entry, problem, node.latencyMs[entry]!)
  }
  // Thinned curves are a little dear: the budget of the bound would be a little higher.
  const lowerBound = kernel.error === 1 ? found.lowerBound : longestPath(problem, new Int32Array(problem.curves.length))
  return expanded(kernel, found, { problem, deadlineMs: found.lowerBound, lowerBound })
}

function searched(
  problem: SelectionProblem,
  deadlineMs: number,
  { effort, shouldStop }: SolveOptions,
): SearchResult | null {
  const steps = problem.curves.length
  if (steps >= SCALING_FROM && depthOf(problem) < SCALING_DEPTH * steps)
    return costScaling(problem, deadlineMs, {
      gap: SCALING_GAP[effort],
      ...(shouldStop === undefined ? {} : { shouldStop }),
    })
  return searchCost(problem, deadlineMs, limitsOf(effort, steps, shouldStop))
}

/** Steps of the longest path. */
function depthOf({ graph }: SelectionProblem): number {
  const depth = new Int32Array(graph.parents.length)
  for (const [i, parents] of graph.parents.entries())
    depth[i] = parents.reduce((most, parent) => Math.max(most, depth[parent]!), 0) + 1
  return depth.reduce((most, value) => Math.max(most, value), 0)
}

/** Super-steps where steps stand side by side alone; else the problem itself, without the work of looking further. */
export function kernelFor(problem: SelectionProblem): Kernel {
  return hasTwins(problem) ? kernelOf(problem, 0) : wholeKernel(problem)
}

/** Two steps between the same two steps: the only ones that merge in parallel before any has merged in series. */
function hasTwins({ graph }: SelectionProblem): boolean {
  const seen = new Set<number>()
  const steps = graph.parents.length
  for (let i = 0; i < steps; i++) {
    if (graph.parents[i]!.length > 1 || graph.children[i]!.length > 1) continue
    const ends = (graph.parents[i]![0] ?? steps) * (steps + 1) + (graph.children[i]![0] ?? steps)
    if (seen.has(ends)) return true
    seen.add(ends)
  }
  return false
}

function wholeKernel(problem: SelectionProblem): Kernel {
  return {
    problem,
    nodes: problem.curves.map((curve, index) => ({ kind: "step", index, error: 1, ...curve })),
    error: 1,
  }
}

/** The kernel if it is one curve that answers everything; null elsewhere, or where that would take too long. */
function mergedCurve(problem: SelectionProblem): Kernel | null {
  const kernel = kernelOf(problem, EXACT_PAIRS)
  return kernel.nodes.length === 1 ? kernel : null
}

function fromMerged(kernel: Kernel, entry: number, problem: SelectionProblem, lowerBound: number): Solved {
  const { latencyMs, costUsd } = kernel.nodes[0]!
  return {
    selection: expandSelection(kernel, Int32Array.of(entry), problem.curves.length),
    lowerBound,
    certificate: { kind: "merged", latencyMs, costUsd, error: kernel.error },
  }
}

function expanded(
  kernel: Kernel,
  found: SearchResult,
  { problem, deadlineMs, lowerBound }: { problem: SelectionProblem; deadlineMs: number; lowerBound: number },
): Solved {
  const flow = found.certificate
  const certificate: PlanCertificate | null =
    flow === null
      ? null
      : {
          kind: "flow",
          problem: kernel.problem,
          deadlineMs,
          flow,
          boundUsd: certificateBound(kernel.problem, deadlineMs, flow),
        }
  return { selection: expandSelection(kernel, found.selection, problem.curves.length), lowerBound, certificate }
}
