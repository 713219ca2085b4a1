import type { SelectionProblem } from "../selection-problem.ts"
import { type EventGraph, eventGraph } from "./event-graph.ts"
import { type HullTable, hullTable, segmentOf } from "./hull.ts"
import { growLongestPaths, refresh, type SpanningTree, spanningTree } from "./spanning-tree.ts"

/** The state of the network simplex: a tree, and of each arc its flow, the segment of its hull and its marginals. */
export interface SimplexState {
  readonly graph: EventGraph
  readonly hulls: HullTable
  readonly tree: SpanningTree
  /** Price of time on each arc, USD per ms. */
  readonly flow: Float64Array
  /** Of steps: the corner of the hull that is the best at this flow (from its own price on). */
  readonly segment: Int32Array
  /** What one more unit of flow gains, ms: time of the corner, 0 for dependencies, -deadline for the return arc. */
  readonly marginal: Float64Array
  /** Outside the tree: what one unit less loses, ms; infinite where there is no flow to take away, and in the tree. */
  readonly loss: Float64Array
  /** Event below which potentials are stale; 0 for all, -1 for none. */
  stale: number
  /** Arc at which the block search goes on. */
  nextArc: number
}

export function simplexState(problem: SelectionProblem): SimplexState {
  const graph = eventGraph(problem.graph)
  const state: SimplexState = {
    graph,
    hulls: hullTable(problem.curves),
    tree: spanningTree(graph),
    flow: new Float64Array(graph.arcs),
    segment: new Int32Array(graph.steps),
    marginal: new Float64Array(graph.arcs),
    loss: new Float64Array(graph.arcs),
    stale: 0,
    nextArc: 0,
  }
  startCold(state)
  return state
}

/** Zero flow and the tree of the longest paths at the slowest times: optimal for a deadline that all of them keep. */
export function startCold(state: SimplexState): void {
  const { graph, hulls, marginal, loss, flow, segment } = state
  flow.fill(0)
  segment.fill(0)
  loss.fill(Infinity)
  for (let step = 0; step < graph.steps; step++) marginal[step] = hulls.timesMs[hulls.offset[step]!]!
  growLongestPaths(state.tree, graph, marginal)
  state.stale = 0
  state.nextArc = 0
}

/** Finds the segment of a step after its hull or flow was replaced from outside. */
export function locate(state: SimplexState, step: number): void {
  state.segment[step] = segmentOf(state.hulls, step, state.flow[step]!)
  settle(state, step)
  if (state.tree.inTree[step] === 1) markStale(state, 2 * step + 1, 2 * step + 2)
}

/** Sets the marginals of an arc from its segment and flow. */
export function settle(state: SimplexState, arc: number): void {
  const { hulls, segment, flow, marginal, loss, tree, graph } = state
  loss[arc] = Infinity
  if (arc >= graph.steps) return
  const corner = hulls.offset[arc]! + segment[arc]!
  const time = hulls.timesMs[corner]!
  marginal[arc] = time
  if (tree.inTree[arc] === 1 || flow[arc]! <= 0) return
  const atBreakpoint = segment[arc]! > 0 && flow[arc] === hulls.prices[corner]
  loss[arc] = atBreakpoint ? hulls.timesMs[corner - 1]! : time
}

/** A new deadline changes the time of the return arc alone. */
export function setDeadline(state: SimplexState, deadlineMs: number): void {
  const { marginal, tree, graph } = state
  if (marginal[graph.returnArc] === -deadlineMs) return
  marginal[graph.returnArc] = -deadlineMs
  if (tree.inTree[graph.returnArc] === 1) markStale(state, 0, graph.sink)
}

/** Brings the potentials up to date. */
export function freshen(state: SimplexState): void {
  if (state.stale < 0) return
  refresh(state.tree, state.graph, state.marginal, state.stale)
  state.stale = -1
}

/** Recomputes the flows of the tree from those outside, which removes the rounding errors of many pivots. O(V + E). */
export function conserve({ graph, tree, flow }: SimplexState): void {
  const surplus = new Float64Array(graph.events)
  for (let arc = 0; arc < graph.arcs; arc++) {
    if (tree.inTree[arc] === 1 || flow[arc] === 0) continue
    surplus[graph.tail[arc]!]! -= flow[arc]!
    surplus[graph.head[arc]!]! += flow[arc]!
  }
  const order = preorder(tree)
  for (let at = order.length - 1; at >= 1; at--) {
    const event = order[at]!
    const arc = tree.parentArc[event]!
    const above = tree.parent[event]!
    const outwards = graph.tail[arc] === event ? surplus[event]! : -surplus[event]!
    flow[arc] = Math.max(0, outwards)
    surplus[above]! += surplus[event]!
  }
}

function preorder({ firstChild, nextSibling, stack, parent }: SpanningTree): Int32Array {
  const order = new Int32Array(parent.length)
  let count = 0
  stack[0] = 0
  let size = 1
  while (size > 0) {
    const event = stack[--size]!
    order[count++] = event
    for (let child = firstChild[event]!; child >= 0; child = nextSibling[child]!) stack[size++] = child
  }
  return order
}

/** Marks the lower one of the two ends of a tree arc; two marks make everything stale. */
function markStale(state: SimplexState, a: number, b: number): void {
  const below = state.tree.parent[a] === b ? a : b
  state.stale = state.stale < 0 || state.stale === below ? below : 0
}
