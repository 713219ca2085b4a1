import type { Circulation } from "./circulation.ts"

/**
 * Moves events to later times by their distance to the nearest event that lacks flow, where a residual arc is as long
 * as its gain is below eps / 2. The flow stays eps-optimal, and then a path of arcs that gain leads from every event
 * with excess to one that lacks flow: without it excess creeps there in steps of eps, for ever on deadlines near the
 * fastest time. The function returned is Dijkstra's algorithm, O(E log V) a call, that ends at the last event with
 * excess: those farther off move as far as that one.
 */
export function potentialUpdate(state: Circulation): (eps: number) => void {
  const { graph, excess, tolerance, potential } = state
  const distance = new Float64Array(graph.events)
  const settled = new Uint8Array(graph.events)
  const heap = distanceHeap(graph.events + 2 * graph.arcs)
  return (eps) => {
    distance.fill(Infinity)
    settled.fill(0)
    heap.size = 0
    let waiting = 0
    for (let event = 0; event < graph.events; event++) {
      if (excess[event]! > tolerance) waiting++
      if (excess[event]! >= -tolerance) continue
      distance[event] = 0
      add(heap, event, 0)
    }
    let farthest = 0
    while (waiting > 0 && heap.size > 0) {
      const event = take(heap)
      if (settled[event] === 1) continue
      settled[event] = 1
      farthest = distance[event]!
      if (excess[event]! > tolerance) waiting--
      relax(state, { event, eps, distance, settled, heap })
    }
    for (let event = 0; event < graph.events; event++) potential[event]! += Math.min(distance[event]!, farthest)
  }
}

interface Settled {
  readonly event: number
  readonly eps: number
  readonly distance: Float64Array
  readonly settled: Uint8Array
  readonly heap: DistanceHeap
}

/** Residual arcs that lead into an event: the entries of its own list, seen from their other ends. */
function relax(state: Circulation, { event, eps, distance, settled, heap }: Settled): void {
  const { at, other, firstAt, worth, potential } = state
  const here = potential[event]!
  const from = distance[event]!
  for (let i = firstAt[event]!; i < firstAt[event + 1]!; i++) {
    const to = other[i]!
    if (settled[to] === 1) continue
    const short = eps / 2 - (worth[at[i]! ^ 1]! + potential[to]! - here)
    const key = short > 0 ? from + short : from
    if (key >= distance[to]!) continue
    distance[to] = key
    add(heap, to, key)
  }
}

/** Events by distance, the nearest first; an event may be in it several times. */
interface DistanceHeap {
  readonly keys: Float64Array
  readonly events: Int32Array
  size: number
}

function distanceHeap(capacity: number): DistanceHeap {
  return { keys: new Float64Array(capacity), events: new Int32Array(capacity), size: 0 }
}

function add(heap: DistanceHeap, event: number, key: number): void {
  const { keys, events } = heap
  let at = heap.size++
  for (let above = (at - 1) >> 1; at > 0 && keys[above]! > key; above = (at - 1) >> 1) {
    keys[at] = keys[above]!
    events[at] = events[above]!
    at = above
  }
  keys[at] = key
  events[at] = event
}

/** Takes the nearest event off a heap that is not empty. */
function take(heap: DistanceHeap): number {
  const { keys, events } = heap
  const top = events[0]!
  const size = --heap.size
  const key = keys[size]!
  const event = events[size]!
  let at = 0
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && keys[child + 1]! < keys[child]!) child++
    if (keys[child]! >= key) break
    keys[at] = keys[child]!
    events[at] = events[child]!
    at = child
  }
  keys[at] = key
  events[at] = event
  return top
}
