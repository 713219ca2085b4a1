import { type Circulation, gainOf, push } from "./circulation.ts"
import { segmentOf } from "./hull.ts"
import { potentialUpdate } from "./potential-update.ts"

/** Changes the flows as little as eps-optimality with the present potentials asks; they are conserved no longer. */
export function clampFlows(state: Circulation, eps: number): void {
  const { graph, flow, potential, excess } = state
  for (let step = 0; step < graph.steps; step++) clampStep(state, step, eps)
  for (let arc = graph.steps; arc < graph.returnArc; arc++)
    if (potential[graph.head[arc]!]! - potential[graph.tail[arc]!]! > eps) flow[arc] = 0
  excess.fill(0)
  for (let arc = 0; arc < graph.arcs; arc++) {
    excess[graph.tail[arc]!]! -= flow[arc]!
    excess[graph.head[arc]!]! += flow[arc]!
  }
}

/** Corners slower than the window by more than eps are left behind, those faster by more are not reached. */
function clampStep({ graph, hulls, flow, segment, potential }: Circulation, step: number, eps: number): void {
  const window = potential[graph.head[step]!]! - potential[graph.tail[step]!]!
  const first = hulls.offset[step]!
  const last = first + hulls.corners[step]! - 1
  // Least flow: the price of the first corner that is not slower; most flow: that of the first that is faster.
  let corner = first + segment[step]!
  while (corner < last && hulls.timesMs[corner]! > window + eps) corner++
  while (corner > first && hulls.timesMs[corner - 1]! <= window + eps) corner--
  const least = hulls.prices[corner]!
  if (flow[step]! < least) flow[step] = least
  while (corner <= last && hulls.timesMs[corner]! >= window - eps) corner++
  if (corner <= last && flow[step]! > hulls.prices[corner]!) flow[step] = hulls.prices[corner]!
  segment[step] = segmentOf(hulls, step, flow[step]!)
}

/**
 * Pushes excess flow along residual arcs that gain, first in first out, and moves events to later times where none
 * does, until the flow is conserved (push-relabel of Goldberg and Tarjan on piecewise linear gains, with global updates of
 * the potentials). False when told to stop before.
 */
export function refine(state: Circulation, eps: number, shouldStop: () => boolean): boolean {
  const { graph, excess, tolerance, firstAt } = state
  const queue = new Int32Array(graph.events)
  const queued = new Uint8Array(graph.events)
  const current = firstAt.slice(0, graph.events)
  let head = 0
  let size = 0
  const enqueue = (event: number): void => {
    if (queued[event] === 1 || excess[event]! <= tolerance) return
    queued[event] = 1
    let place = head + size++
    if (place >= queue.length) place -= queue.length
    queue[place] = event
  }
  const update = potentialUpdate(state)
  for (let event = 0; event < graph.events; event++) enqueue(event)
  for (let turn = 0; size > 0; turn++) {
    if (turn % POLL_EVERY === 0 && shouldStop()) return false
    if (turn % graph.events === 0) {
      update(eps)
      current.set(firstAt.subarray(0, graph.events))
    }
    const event = queue[head]!
    head = head + 1 === queue.length ? 0 : head + 1
    size--
    queued[event] = 0
    discharge(state, { event, eps, current, enqueue })
    enqueue(event)
  }
  return true
}

/** Turns between two looks at the clock of the caller: some microseconds. */
const POLL_EVERY = 64

interface Turn {
  readonly event: number
  readonly eps: number
  /** Arc of each event at which it goes on. */
  readonly current: Int32Array
  readonly enqueue: (event: number) => void
}

/** Pushes the excess of one event until it has none or has to be moved to a later time. */
function discharge(state: Circulation, { event, eps, current, enqueue }: Turn): void {
  const { at, firstAt, graph, excess, potential, tolerance } = state
  const end = firstAt[event + 1]!
  while (excess[event]! > tolerance) {
    if (current[event] === end) {
      potential[event]! += eps - bestGain(state, event)
      current[event] = firstAt[event]!
      return
    }
    const entry = at[current[event]!]!
    if (gainOf(state, event, entry) <= 0) {
      current[event]!++
      continue
    }
    const arc = entry >> 1
    const other = (entry & 1) === 0 ? graph.head[arc]! : graph.tail[arc]!
    const amount = push(state, entry, excess[event]!)
    excess[event]! -= amount
    excess[other]! += amount
    state.pushes++
    enqueue(other)
  }
}

/** What the best residual arc at an event gains per unit, ms. */
function bestGain(state: Circulation, event: number): number {
  let best = -Infinity
  for (let i = state.firstAt[event]!; i < state.firstAt[event + 1]!; i++)
    best = Math.max(best, gainOf(state, event, state.at[i]!))
  return best
}
