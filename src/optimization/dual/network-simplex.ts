import type { CostCurve, DualSolution, FlowCertificate, SelectionProblem } from "../selection-problem.ts"
import { conserve, freshen, locate, setDeadline, simplexState, type SimplexState, startCold } from "./basis.ts"
import { setHull } from "./hull.ts"
import { type Cycle, cycleOf, pivot } from "./pivot.ts"
import { linkChildren } from "./spanning-tree.ts"
import { fittingWindows } from "./windows.ts"

/** How an optimisation ended: with the best bound, with proof that no schedule keeps the deadline, or before either. */
export type DualOutcome = "optimal" | "infeasible" | "stopped"

/** A basis to come back to: flows, and the tree by its parents. */
export interface Basis {
  readonly flow: Float64Array
  readonly parent: Int32Array
  readonly parentArc: Int32Array
}

/**
 * The linear relaxation of a selection problem over the convex hulls of its curves, solved in its dual: a concave
 * network flow of the price of time. Every `optimize` goes on from the basis of the one before. The readers give what
 * the last `optimize` found; none of them allocates.
 */
export interface DualSimplex {
  /** After "stopped" the bound holds, but windows need not keep the deadline. Polls `shouldStop` at every pivot. */
  optimize(deadlineMs: number, shouldStop?: () => boolean): DualOutcome
  /** `optimize`, as values of their own; null when even the fastest entries miss the deadline. O(V + E) beside it. */
  solve(deadlineMs: number, shouldStop?: () => boolean): DualSolution | null
  /** Restricts a step to the entries lo..hi of its curve, both included; lo = hi fixes it. O(hi - lo). */
  setRange(step: number, lo: number, hi: number): void
  /** Gives a step another curve, of which all entries may be chosen. */
  setCurve(step: number, curve: CostCurve): void
  /** Lower bound of the cost, USD. O(V). */
  boundUsd(): number
  /** F, USD saved per ms of a later deadline. */
  priceUsdPerMs(): number
  /** f of a step, USD per ms. */
  flow(step: number): number
  /** Time that the relaxed schedule leaves a step, ms. */
  windowMs(step: number): number
  /** g(f): the least cost + f * time of a step. */
  pricedCostUsd(step: number): number
  /** h(window): cost of the step in the relaxation; the sum over the steps is the bound. */
  relaxedCostUsd(step: number): number
  /** Copies the basis, into `into` where given. */
  saveBasis(into?: Basis): Basis
  /** Returns to a basis; ranges and curves stay as they are now. O(V + E). */
  restoreBasis(basis: Basis): void
  /** Forgets the basis: zero flow, as at the start. */
  reset(): void
  /** Pivots since the start. */
  pivots(): number
}

/** Violations below this share of the deadline are rounding: far above that of potentials, below that of plans. */
const TOLERANCE = 1e-11

/** Pivots per arc and `optimize` before the search gives up; the most ever seen is 1.2, mostly it is below 0.5. */
const PIVOTS_PER_ARC = 50

/** Pivots between two corrections of the flows. */
const CORRECT_EVERY = 2000

export function dualSimplex(problem: SelectionProblem): DualSimplex {
  const state = simplexState(problem)
  const cycle = cycleOf(state)
  const curves = [...problem.curves]
  const { flow, graph, tree } = state
  let deadline = 0
  let pivots = 0
  const optimize = (deadlineMs: number, shouldStop?: () => boolean): DualOutcome => {
    const longest = slowest(state)
    // Far beyond the slowest times any deadline is like any other, and its price is 0.
    deadline = deadlineMs === Infinity ? 2 * longest : deadlineMs
    if (!(deadline >= 0)) return "infeasible"
    setDeadline(state, deadline)
    const from = pivots
    return run(state, cycle, TOLERANCE * Math.min(deadline, longest), () => {
      pivots++
      if (pivots % CORRECT_EVERY === 0) conserve(state)
      return pivots - from > PIVOTS_PER_ARC * graph.arcs || shouldStop?.() === true
    })
  }
  const windowMs = (step: number): number => tree.potential[2 * step + 2]! - tree.potential[2 * step + 1]!
  const replace = (step: number, curve: CostCurve, lo: number, hi: number): void => {
    setHull(state.hulls, step, curve, lo, hi)
    locate(state, step)
  }
  return {
    optimize,
    solve: (deadlineMs, shouldStop) => {
      const outcome = optimize(deadlineMs, shouldStop)
      if (outcome === "infeasible") return null
      conserve(state)
      const windows = Float64Array.from(curves, (_, step) => windowMs(step))
      const windowsMs =
        outcome === "optimal" ? windows : fittingWindows(problem.graph, state.hulls, windows, deadlineMs)
      return windowsMs === null ? null : solutionOf(problem, state, windowsMs, deadline)
    },
    setRange: (step, lo, hi) => replace(step, curves[step]!, lo, hi),
    setCurve: (step, curve) => {
      curves[step] = curve
      replace(step, curve, 0, curve.latencyMs.length - 1)
    },
    boundUsd: () => bound(state, deadline),
    priceUsdPerMs: () => flow[graph.returnArc]!,
    flow: (step) => flow[step]!,
    windowMs,
    pricedCostUsd: (step) => pricedCost(state, step),
    relaxedCostUsd: (step) => pricedCost(state, step) - flow[step]! * windowMs(step),
    saveBasis: (into) => save(state, into),
    restoreBasis: (basis) => restore(state, basis),
    reset: () => startCold(state),
    pivots: () => pivots,
  }
}

/** Pivots until no arc is violated. */
function run(state: SimplexState, cycle: Cycle, tolerance: number, stop: () => boolean): DualOutcome {
  freshen(state)
  for (;;) {
    const arc = enteringArc(state, tolerance)
    if (arc < 0) return "optimal"
    if (stop()) return "stopped"
    if (!pivot(state, cycle, arc, violationOf(state, arc), tolerance)) return "infeasible"
  }
}

/** The most violated arc of the first block that has one; -1 when none is violated. */
function enteringArc(state: SimplexState, tolerance: number): number {
  const { graph, marginal, loss, tree } = state
  const { tail, head, arcs } = graph
  const { potential } = tree
  const block = Math.max(20, Math.ceil(Math.sqrt(arcs)))
  let arc = state.nextArc
  let best = -1
  let most = tolerance
  for (let scanned = 1; scanned <= arcs; scanned++) {
    const window = potential[head[arc]!]! - potential[tail[arc]!]!
    if (marginal[arc]! - window > most) {
      most = marginal[arc]! - window
      best = arc
    }
    if (window - loss[arc]! > most) {
      most = window - loss[arc]!
      best = arc
    }
    if (++arc === arcs) arc = 0
    if (best >= 0 && scanned % block === 0) break
  }
  state.nextArc = arc
  return best
}

/** Gain of a unit of flow more (positive) or less (negative), ms. */
function violationOf({ graph, marginal, loss, tree }: SimplexState, arc: number): number {
  const window = tree.potential[graph.head[arc]!]! - tree.potential[graph.tail[arc]!]!
  const forward = marginal[arc]! - window
  const backward = window - loss[arc]!
  return forward >= backward ? forward : -backward
}

function pricedCost({ hulls, segment, flow }: SimplexState, step: number): number {
  const corner = hulls.offset[step]! + segment[step]!
  return hulls.costsUsd[corner]! + flow[step]! * hulls.timesMs[corner]!
}

function bound(state: SimplexState, deadlineMs: number): number {
  let sum = -state.flow[state.graph.returnArc]! * deadlineMs
  for (let step = 0; step < state.graph.steps; step++) sum += pricedCost(state, step)
  return sum
}

/** Sum of the slowest times, ms: no path is longer. */
function slowest({ hulls, graph }: SimplexState): number {
  let sum = 0
  for (let step = 0; step < graph.steps; step++) sum += hulls.timesMs[hulls.offset[step]!]!
  return sum
}

function solutionOf(
  { graph }: SelectionProblem,
  state: SimplexState,
  windowsMs: Float64Array,
  deadlineMs: number,
): DualSolution {
  const { flow } = state
  const { steps, returnArc, firstDependency } = state.graph
  const certificate: FlowCertificate = {
    stepFlow: flow.slice(0, steps),
    dependencyFlow: graph.parents.map((list, i) => list.map((_, at) => flow[firstDependency[i]! + at]!)),
  }
  return { boundUsd: bound(state, deadlineMs), priceUsdPerMs: flow[returnArc]!, windowsMs, certificate }
}

function save({ flow, tree }: SimplexState, into?: Basis): Basis {
  if (into === undefined) return { flow: flow.slice(), parent: tree.parent.slice(), parentArc: tree.parentArc.slice() }
  into.flow.set(flow)
  into.parent.set(tree.parent)
  into.parentArc.set(tree.parentArc)
  return into
}

function restore(state: SimplexState, basis: Basis): void {
  state.flow.set(basis.flow)
  state.tree.parent.set(basis.parent)
  state.tree.parentArc.set(basis.parentArc)
  linkChildren(state.tree)
  for (let step = 0; step < state.graph.steps; step++) locate(state, step)
  state.loss.fill(Infinity, state.graph.steps)
  state.stale = 0
}
