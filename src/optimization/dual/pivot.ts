import { type SimplexState, settle } from "./basis.ts"
import { type BreakpointHeap, breakpointHeap, heapify, least, pop, resift } from "./breakpoint-heap.ts"
import { leap } from "./leap.ts"
import { refresh, rehang } from "./spanning-tree.ts"

/** Arcs of one cycle by position from the apex in the direction of the push, and where each stands on its hull. */
export interface Cycle {
  readonly arc: Int32Array
  /** 1 where the push goes along the arc, -1 against it. */
  readonly sign: Int8Array
  readonly segment: Int32Array
  /** Lower event of the arc in the tree. */
  readonly event: Int32Array
  readonly heap: BreakpointHeap
  length: number
  /** Position of the entering arc. */
  entering: number
}

export function cycleOf(state: SimplexState): Cycle {
  const capacity = state.graph.events + 1
  return {
    arc: new Int32Array(capacity),
    sign: new Int8Array(capacity),
    segment: new Int32Array(capacity),
    event: new Int32Array(capacity),
    heap: breakpointHeap(capacity),
    length: 0,
    entering: 0,
  }
}

/** Breakpoints for each arc of the cycle that are passed one by one before most of the others are leapt over. */
const LEAP_AFTER = 1

/**
 * One long step: pushes flow around the cycle of an arc whose reduced gain per unit is |violation| > tolerance, on
 * over breakpoints for as long as that pays, and exchanges the arc that stops it. False where nothing stops it: the
 * dual is unbounded, so no schedule keeps the deadline.
 */
export function pivot(state: SimplexState, cycle: Cycle, arc: number, violation: number, tolerance: number): boolean {
  trace(state, cycle, arc, violation > 0)
  if (violation < 0) stepBack(state, cycle)
  loadHeap(state, cycle)
  const { heap, segment } = cycle
  let slope = Math.abs(violation)
  for (let passed = 1; heap.size > 0; passed++) {
    const position = least(heap)
    const gain = lostBeyond(state, cycle, position)
    if (slope - gain <= tolerance) {
      exchange(state, cycle, position, heap.key[position]!)
      return true
    }
    slope -= gain
    segment[position]! += cycle.sign[position]!
    if (passed === LEAP_AFTER * cycle.length) {
      slope = leap(state, cycle, heap.key[position]!, slope, tolerance)
      loadHeap(state, cycle)
      continue
    }
    const key = blockedAt(state, cycle, position)
    // A hull that turns within rounding must not turn the push back.
    if (key < heap.key[position]!) continue
    heap.key[position] = key
    if (key === Infinity) pop(heap)
    else resift(heap)
  }
  return false
}

/** Lists the cycle: down from the apex to where the push enters the arc, the arc, and up to the apex again. */
function trace({ graph, tree, segment }: SimplexState, cycle: Cycle, entering: number, forward: boolean): void {
  const { parent, depth } = tree
  const from = forward ? graph.tail[entering]! : graph.head[entering]!
  const to = forward ? graph.head[entering]! : graph.tail[entering]!
  let down = from
  let up = to
  while (down !== up)
    if (depth[down]! > depth[up]!) down = parent[down]!
    else up = parent[up]!
  const before = depth[from]! - depth[down]!
  for (let event = from, at = before - 1; at >= 0; at--, event = parent[event]!) {
    const arc = tree.parentArc[event]!
    place(cycle, at, arc, graph.head[arc] === event ? 1 : -1, event)
  }
  place(cycle, before, entering, forward ? 1 : -1, -1)
  let length = before + 1
  for (let event = to; event !== down; event = parent[event]!) {
    const arc = tree.parentArc[event]!
    place(cycle, length++, arc, graph.tail[arc] === event ? 1 : -1, event)
  }
  cycle.entering = before
  cycle.length = length
  for (let at = 0; at < length; at++) {
    const arc = cycle.arc[at]!
    cycle.segment[at] = arc < graph.steps ? segment[arc]! : 0
  }
}

function place(cycle: Cycle, at: number, arc: number, sign: number, event: number): void {
  cycle.arc[at] = arc
  cycle.sign[at] = sign
  cycle.event[at] = event
}

/** Flow that is taken off a step on its breakpoint moves on the segment below. */
function stepBack({ flow, graph, hulls }: SimplexState, cycle: Cycle): void {
  const at = cycle.entering
  const arc = cycle.arc[at]!
  const segment = cycle.segment[at]!
  if (arc >= graph.steps || segment === 0) return
  if (flow[arc] === hulls.prices[hulls.offset[arc]! + segment]) cycle.segment[at] = segment - 1
}

function loadHeap(state: SimplexState, cycle: Cycle): void {
  const { heap } = cycle
  heap.size = 0
  for (let at = 0; at < cycle.length; at++) {
    const key = blockedAt(state, cycle, at)
    heap.key[at] = key
    if (key < Infinity) heap.items[heap.size++] = at
  }
  heapify(heap)
}

/** How much flow the arc at a position takes until its next breakpoint, counted from the start of the pivot. */
function blockedAt({ flow, graph, hulls }: SimplexState, { arc, sign, segment }: Cycle, at: number): number {
  const a = arc[at]!
  const k = segment[at]!
  if (sign[at]! < 0) {
    const floor = a < graph.steps && k > 0 ? hulls.prices[hulls.offset[a]! + k]! : 0
    return Math.max(0, flow[a]! - floor)
  }
  if (a >= graph.steps || k + 1 >= hulls.corners[a]!) return Infinity
  return Math.max(0, hulls.prices[hulls.offset[a]! + k + 1]! - flow[a]!)
}

/** How much less a unit of flow gains beyond the next breakpoint of the arc at a position, ms. */
function lostBeyond({ graph, hulls }: SimplexState, { arc, sign, segment }: Cycle, at: number): number {
  const a = arc[at]!
  const k = segment[at]!
  if (a >= graph.steps || (sign[at]! < 0 && k === 0)) return Infinity
  const low = hulls.offset[a]! + (sign[at]! < 0 ? k - 1 : k)
  return hulls.timesMs[low]! - hulls.timesMs[low + 1]!
}

/** Adds the flow around the cycle, swaps the leaving arc for the entering one and brings the potentials up to date. */
function exchange(state: SimplexState, cycle: Cycle, leaving: number, amount: number): void {
  const { graph, tree, marginal } = state
  const { arc, event, entering } = cycle
  const stale = push(state, cycle, leaving, amount)
  if (leaving === entering) {
    settle(state, arc[entering]!)
    for (const at of stale) if (at >= 0) refresh(tree, graph, marginal, event[at]!)
    return
  }
  const entered = arc[entering]!
  const left = arc[leaving]!
  const early = leaving < entering
  const hook = inCut(state, cycle, early)
  rehang(tree, event[leaving]!, hook, graph.tail[entered]! + graph.head[entered]! - hook, entered)
  settle(state, entered)
  settle(state, left)
  const [before, after] = stale
  // Below the arc that left everything hangs on the other side now.
  const same = early ? before : after
  const other = early ? after : before
  if (same >= 0 && (early ? same < leaving : same > leaving)) refresh(tree, graph, marginal, event[same]!)
  refresh(tree, graph, marginal, other >= 0 ? event[other]! : hook)
}

/** The end of the entering arc that is cut off: the one on the side of the leaving arc. */
function inCut({ graph }: SimplexState, { arc, sign, entering }: Cycle, early: boolean): number {
  const a = arc[entering]!
  return sign[entering]! > 0 === early ? graph.tail[a]! : graph.head[a]!
}

/**
 * Moves the flows and segments of the cycle.
 * Returns on each side of the entering arc the position nearest to the apex whose time changed, or -1.
 */
function push(state: SimplexState, cycle: Cycle, leaving: number, amount: number): readonly [number, number] {
  const { flow, segment, marginal, graph, hulls } = state
  const { arc, sign, entering } = cycle
  let before = -1
  let after = -1
  for (let at = 0; at < cycle.length; at++) {
    const a = arc[at]!
    flow[a] = Math.max(0, flow[a]! + sign[at]! * amount)
    if (at === leaving) land(state, cycle, at)
    if (a >= graph.steps || segment[a] === cycle.segment[at]) continue
    segment[a] = cycle.segment[at]!
    marginal[a] = hulls.timesMs[hulls.offset[a]! + segment[a]]!
    if (at < entering && before < 0) before = at
    if (at > entering) after = at
  }
  return [before, after]
}

/** Puts the leaving arc exactly on the breakpoint that stopped it. */
function land({ flow, graph, hulls }: SimplexState, { arc, sign, segment }: Cycle, at: number): void {
  const a = arc[at]!
  if (a < graph.steps && sign[at]! > 0) segment[at]!++
  const k = segment[at]!
  flow[a] = a < graph.steps && k > 0 ? hulls.prices[hulls.offset[a]! + k]! : 0
}
