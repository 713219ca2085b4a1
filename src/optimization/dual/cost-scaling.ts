import type { Graph } from "../../workflow/graph.ts"
import type { DualSolution, FlowCertificate, SearchResult, SelectionProblem } from "../selection-problem.ts"
import { eventGraph } from "./event-graph.ts"
import { hullTable } from "./hull.ts"
import { type Circulation, circulation } from "./circulation.ts"
import { clampFlows, refine } from "./push-relabel.ts"
import { reclaimSlack, roundDown } from "./rounding.ts"
import { fittingWindows, longestPath } from "./windows.ts"

/**
 * First slack allowed, as a share of the deadline over the steps of the deepest path, and its divisor from phase to
 * phase. Windows that are off by more than a small share of a step's time make no plan, and a phase takes about as long
 * wherever it starts.
 */
const FIRST_EPS = 1 / 24
const EPS_DIVISOR = 4

/** Slack of the last phase: 4^-10 of the first is below what any estimate knows. */
const MOST_PHASES = 11

/** Phases before the search may end for lack of progress, and the ratio of gaps that is none. */
const LEAST_PHASES = 5
const STALLED = 0.999

const TOLERANCE = 1 + 1e-9

export interface ScalingOptions {
  /** Proven relative gap at which the search ends; 1 % where absent, 0 for the best bound whatever the plan. */
  readonly gap?: number
  /** Polled between pushes: true ends the search with the best so far. */
  readonly shouldStop?: () => boolean
}

/** A plan with its proof. `nodes` is 0: there is no tree. */
export interface ScalingResult extends SearchResult {
  readonly dual: DualSolution
  readonly phases: number
  readonly pushes: number
}

/**
 * Bound and plan of a cost goal for wide workflows of thousands of steps: the dual of the linear relaxation by cost
 * scaling, whose potentials are rounded to a plan in each phase; ends when plan and bound are within the gap. Null
 * when no plan keeps the deadline. About a second for 10,000 steps in a hundred layers; not for chains and ladders,
 * where excess flow travels one step at a time.
 */
export function costScaling(
  problem: SelectionProblem,
  deadlineMs: number,
  options: ScalingOptions = {},
): ScalingResult | null {
  const { gap = 0.01, shouldStop = () => false } = options
  const { graph, curves } = problem
  const shortestMs = longestPath(
    graph,
    curves.map((curve) => curve.latencyMs[0]!),
  )
  if (shortestMs > deadlineMs * TOLERANCE) return null
  const withinMs = Math.max(deadlineMs, shortestMs)
  const state = circulation(eventGraph(graph), hullTable(curves), withinMs)
  const fit = (windows: Float64Array): Float64Array => fittingWindows(graph, state.hulls, windows, withinMs)!
  const slowest = Float64Array.from(curves, (curve) => curve.latencyMs.at(-1)!)
  let best = inspect(problem, state, fit(slowest), null)
  let eps = (withinMs * FIRST_EPS) / longestPath(graph, new Uint8Array(curves.length).fill(1))
  let phases = 0
  const gaps = [best.gap]
  while (best.gap > gap && phases < MOST_PHASES && !stalled(gaps, gap) && !shouldStop()) {
    setPotentials(state, graph, best.nextMs)
    clampFlows(state, eps)
    if (!refine(state, eps, shouldStop)) break
    phases++
    eps /= EPS_DIVISOR
    best = inspect(problem, state, fit(windowsOf(state)), best)
    gaps.push(best.gap)
  }
  const { nextMs: _, ...found } = best
  return { ...found, phases, pushes: state.pushes }
}

/** What is left is the gap between the relaxation and whole entries: three phases that change nothing. */
function stalled(gaps: readonly number[], wanted: number): boolean {
  if (wanted === 0) return false
  const now = gaps.at(-1)!
  return gaps.length > LEAST_PHASES && now > STALLED * gaps.at(-4)!
}

type Best = Omit<ScalingResult, "phases" | "pushes"> & {
  /** Windows from which the next phase starts; they keep the deadline. */
  readonly nextMs: Float64Array
}

/** Bound of the present flow and plan of the present windows, each where it is better than the best so far. */
function inspect(problem: SelectionProblem, state: Circulation, nextMs: Float64Array, before: Best | null): Best {
  const bound = boundOf(state)
  const rounded = roundDown(problem, nextMs)
  const selection = reclaimSlack(problem, rounded, state.deadlineMs)
  const costUsd = problem.curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0)
  const better = before === null || bound > before.lowerBound
  const dual: DualSolution = better
    ? {
        boundUsd: bound,
        priceUsdPerMs: state.flow[state.graph.returnArc]!,
        windowsMs: nextMs,
        certificate: certificateOf(state),
      }
    : before.dual
  const times = problem.curves.map((curve, i) => curve.latencyMs[selection[i]!]!)
  const plan =
    before !== null && before.costUsd <= costUsd
      ? before
      : { selection, costUsd, latencyMs: longestPath(problem.graph, times) }
  // A plan at the bound may undercut it by rounding.
  const lowerBound = Math.min(dual.boundUsd, plan.costUsd)
  return {
    selection: plan.selection,
    latencyMs: plan.latencyMs,
    costUsd: plan.costUsd,
    lowerBound,
    gap: (plan.costUsd - lowerBound) / lowerBound,
    certificate: dual.certificate,
    nodes: 0,
    dual,
    nextMs,
  }
}

/** sum g_i(f_i) - F S, less what is not conserved: no more of it can be missing than S times the surplus. */
function boundOf({ graph, hulls, flow, segment, deadlineMs }: Circulation): number {
  const surplus = new Float64Array(graph.events)
  for (let arc = 0; arc < graph.arcs; arc++) {
    surplus[graph.tail[arc]!]! -= flow[arc]!
    surplus[graph.head[arc]!]! += flow[arc]!
  }
  let bound = 0
  for (let step = 0; step < graph.steps; step++) {
    const corner = hulls.offset[step]! + segment[step]!
    bound += hulls.costsUsd[corner]! + flow[step]! * hulls.timesMs[corner]!
  }
  const lost = surplus.reduce((sum, x) => sum + Math.max(0, x), 0)
  return bound - deadlineMs * (flow[graph.returnArc]! + lost)
}

function certificateOf({ graph, flow }: Circulation): FlowCertificate {
  const dependencies = (step: number): number[] =>
    Array.from(flow.subarray(graph.firstDependency[step], graph.firstDependency[step + 1]))
  return {
    stepFlow: flow.slice(0, graph.steps),
    dependencyFlow: Array.from({ length: graph.steps }, (_, step) => dependencies(step)),
  }
}

/** Time between start and end of each step. */
function windowsOf({ graph, potential }: Circulation): Float64Array {
  return Float64Array.from(
    { length: graph.steps },
    (_, step) => potential[graph.head[step]!]! - potential[graph.tail[step]!]!,
  )
}

/** Every event as early as the windows allow; the sink at the deadline. O(V + E). */
function setPotentials({ graph, potential, deadlineMs }: Circulation, { parents }: Graph, windows: Float64Array): void {
  for (let step = 0; step < graph.steps; step++) {
    let start = 0
    for (const parent of parents[step]!) start = Math.max(start, potential[graph.head[parent]!]!)
    potential[graph.tail[step]!] = start
    potential[graph.head[step]!] = start + windows[step]!
  }
  potential[0] = 0
  potential[graph.sink] = deadlineMs
}
