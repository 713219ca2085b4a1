import { type Circulation, push, settle } from "./circulation.ts"
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
    settle(state, arc)
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
 * Pushes excess flow by entries that gain, first in first out, and moves events to later times where none does, until
 * the flow is conserved (push-relabel of Goldberg and Tarjan on piecewise linear gains, with global updates of the
 * potentials). False when told to stop before.
 */
export function refine(state: Circulation, eps: number, shouldStop: () => boolean): boolean {
  const { graph, firstAt } = state
  const turns: Turns = {
    queue: new Int32Array(graph.events),
    queued: new Uint8Array(graph.events),
    current: firstAt.slice(0, graph.events),
    head: 0,
    size: 0,
  }
  const update = potentialUpdate(state)
  for (let event = 0; event < graph.events; event++) enqueue(state, turns, event)
  for (let turn = 0; turns.size > 0; turn++) {
    if (turn % POLL_EVERY === 0 && shouldStop()) return false
    if (turn % (UPDATE_EVERY * graph.events) === 0) {
      update(eps)
      turns.current.set(firstAt.subarray(0, graph.events))
    }
    const event = turns.queue[turns.head]!
    turns.head = turns.head + 1 === turns.queue.length ? 0 : turns.head + 1
    turns.size--
    turns.queued[event] = 0
    discharge(state, turns, event, eps)
    enqueue(state, turns, event)
  }
  return true
}

/** Turns between two global updates, by event: an update takes as long as some turns of every event. */
const UPDATE_EVERY = 2

/** Turns between two looks at the clock of the caller: some microseconds. */
const POLL_EVERY = 64

/** Events with excess flow in the order of their turns, and where each goes on in its list. */
interface Turns {
  readonly queue: Int32Array
  readonly queued: Uint8Array
  readonly current: Int32Array
  head: number
  size: number
}

function enqueue({ excess, tolerance }: Circulation, turns: Turns, event: number): void {
  if (turns.queued[event] === 1 || excess[event]! <= tolerance) return
  turns.queued[event] = 1
  let place = turns.head + turns.size++
  if (place >= turns.queue.length) place -= turns.queue.length
  turns.queue[place] = event
}

/** Pushes the excess of one event until it has none or has to be moved to a later time. */
function discharge(state: Circulation, turns: Turns, event: number, eps: number): void {
  const { at, other, firstAt, worth, excess, potential, tolerance } = state
  const end = firstAt[event + 1]!
  const here = potential[event]!
  let i = turns.current[event]!
  let left = excess[event]!
  while (left > tolerance) {
    if (i === end) {
      potential[event] = here + eps - bestGain(state, event)
      i = firstAt[event]!
      break
    }
    const entry = at[i]!
    const to = other[i]!
    if (worth[entry]! + here - potential[to]! <= 0) {
      i++
      continue
    }
    const amount = push(state, entry, left)
    left -= amount
    excess[to]! += amount
    state.pushes++
    enqueue(state, turns, to)
  }
  turns.current[event] = i
  excess[event] = left
}

/** What the best entry at an event gains per unit, ms. */
function bestGain({ at, other, firstAt, worth, potential }: Circulation, event: number): number {
  let best = -Infinity
  for (let i = firstAt[event]!; i < firstAt[event + 1]!; i++) {
    const gain = worth[at[i]!]! - potential[other[i]!]!
    if (gain > best) best = gain
  }
  return best + potential[event]!
}
