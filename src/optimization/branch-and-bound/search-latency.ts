import type { FlowCertificate, SearchLimits, SearchResult, SelectionProblem } from "../selection-problem.ts"
import { earliestStarts, type FlatProblem, longestPath } from "./flat-problem.ts"
import { scaledProblem, TOLERANCE } from "./search-cost.ts"
import { type TreeLimits, type TreeSearch, treeSearch } from "./tree-search.ts"

/** Newton converges from the left in about 8 steps; the bound has finitely many pieces. */
const NEWTON_STEPS = 100

/** Deadlines that are tried above the proven least one until a selection within the budget is found. */
const STRETCH = [1.0002, 1.002, 1.02, 1.05, 1.1, 1.2, 1.5, 2] as const

const BISECTIONS = 14

/** Deadlines nearer than this to each other are not told apart. */
const PRECISION = 1e-5

/**
 * The fastest selection within a budget, with a proven bound of the latency: Newton on the convex bound of the cost
 * as a function of the deadline gives the least deadline that the relaxation can pay; from there up, branch and bound
 * at bisected deadlines. Only deadlines at which a bound exceeded the budget count as proven. Null when even the
 * cheapest entries exceed the budget. `limits.maxNodes` is for each deadline.
 */
export function searchLatency(problem: SelectionProblem, budgetUsd: number, limits: SearchLimits): SearchResult | null {
  const slowest = longestPath(problem, cheapestEntries(problem))
  const { flat, dual } = scaledProblem(problem, slowest)
  const budget = (budgetUsd * TOLERANCE) / flat.costScale
  const cheapest = problem.curves.reduce((sum, _, i) => sum + flat.costs[flat.offset[i + 1]! - 1]!, 0)
  if (cheapest > budget) return null
  const search: Search = { problem, flat, tree: treeSearch(flat, dual), budget, limits, found: null, nodes: 0 }
  offer(search, cheapestEntries(problem))
  const start = leastDeadline(search, dual)
  const proven = narrow(search, start.deadline)
  return resultOf(search, proven, start.certificate)
}

interface Search {
  readonly problem: SelectionProblem
  readonly flat: FlatProblem
  readonly tree: TreeSearch
  readonly budget: number
  readonly limits: SearchLimits
  /** The fastest selection within the budget so far, and its latency in units. */
  found: { readonly selection: Int32Array; readonly latency: number } | null
  nodes: number
}

function cheapestEntries({ curves }: SelectionProblem): Int32Array {
  return Int32Array.from(curves, ({ latencyMs }) => latencyMs.length - 1)
}

function offer(search: Search, selection: Int32Array): void {
  const { flat } = search
  const time = Float64Array.from(selection, (entry, i) => flat.times[flat.offset[i]! + entry]!)
  const latency = earliestStarts(flat, time, new Float64Array(flat.steps))
  if (search.found === null || latency < search.found.latency) search.found = { selection, latency }
}

/**
 * The least deadline whose relaxation the budget pays for: no selection within the budget is faster. The flow of the
 * last step before it proves that: its bound, linear in the deadline, meets the budget just there.
 */
function leastDeadline(
  { flat, budget, limits }: Search,
  dual: ReturnType<typeof scaledProblem>["dual"],
): { readonly deadline: number; readonly certificate: FlowCertificate | null } {
  const fastest = Float64Array.from({ length: flat.steps }, (_, i) => flat.times[flat.offset[i]!]!)
  let deadline = earliestStarts(flat, fastest, new Float64Array(flat.steps))
  let certificate: FlowCertificate | null = null
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const solved = dual.solve(deadline * TOLERANCE, limits.shouldStop)
    if (solved === null || solved.boundUsd <= budget || !(solved.priceUsdPerMs > 0)) break
    const next = deadline + (solved.boundUsd - budget) / solved.priceUsdPerMs
    if (!(next > deadline)) break
    deadline = next
    certificate = solved.certificate
    if (limits.shouldStop?.() === true) break
  }
  return { deadline, certificate }
}

/** Closes in on the least deadline with a selection within the budget; returns the latest one proven to have none. */
function narrow(search: Search, least: number): number {
  let proven = least
  let low = least
  const tried = (deadline: number): void => {
    const outcome = attempt(search, deadline)
    if (outcome === "none") proven = Math.max(proven, deadline)
    if (outcome !== "found") low = Math.max(low, deadline)
  }
  const stop = (): boolean => {
    const { latency } = search.found!
    if (search.limits.shouldStop?.() === true || latency <= proven * (1 + search.limits.gap)) return true
    return latency - low <= PRECISION * latency
  }
  tried(least * TOLERANCE)
  for (const stretch of STRETCH) {
    const deadline = least * stretch
    if (stop() || deadline >= search.found!.latency) break
    tried(deadline)
  }
  for (let round = 0; round < BISECTIONS && !stop(); round++) tried((low + search.found!.latency) / 2)
  return Math.min(proven, search.found!.latency)
}

/** Looks for a selection within the budget at one deadline: there is one, there is none, or nobody knows. */
function attempt(search: Search, deadline: number): "found" | "none" | "unknown" {
  const { budget, limits } = search
  const within: TreeLimits = { ...limits, gap: 0, enoughCost: budget, enoughBound: budget }
  const result = search.tree.run(deadline, within)
  if (result === null) return "unknown"
  search.nodes += result.nodes
  if (result.cost <= budget) {
    offer(search, result.selection)
    return "found"
  }
  return result.bound > budget ? "none" : "unknown"
}

function resultOf(search: Search, proven: number, certificate: FlowCertificate | null): SearchResult {
  const { problem, flat, found, nodes } = search
  const { selection } = found!
  const latencyMs = longestPath(problem, selection)
  const lowerBound = Math.min(latencyMs, proven * flat.timeScale)
  const unit = flat.costScale / flat.timeScale
  return {
    selection,
    latencyMs,
    costUsd: problem.curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0),
    lowerBound,
    gap: lowerBound > 0 ? latencyMs / lowerBound - 1 : 0,
    certificate:
      certificate === null
        ? null
        : {
            stepFlow: certificate.stepFlow.map((flow) => flow * unit),
            dependencyFlow: certificate.dependencyFlow.map((list) => list.map((flow) => flow * unit)),
          },
    nodes,
  }
}
