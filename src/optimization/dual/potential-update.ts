import { type Circulation, gainOf } from "./circulation.ts"

/**
 * Moves events to later times by their distance to the nearest event that lacks flow, where a residual arc is as long
 * as its gain is below eps / 2. The flow stays eps-optimal, and then a path of arcs that gain leads from every event to
 * one that lacks flow: without it excess creeps there in steps of eps, for ever on deadlines near the fastest time.
 * The function returned is Dijkstra's algorithm, O(E log V) a call.
 */
export function potentialUpdate(state: Circulation): (eps: number) => void {
  const { graph, excess, tolerance, potential } = state
  const distance = new Float64Array(graph.events)
  const settled = new Uint8Array(graph.events)
  const heap = distanceHeap()
  return (eps) => {
    distance.fill(Infinity)
    settled.fill(0)
    for (let event = 0; event < graph.events; event++) {
      if (excess[event]! >= -tolerance) continue
      distance[event] = 0
      heap.add(event, 0)
    }
    let farthest = 0
    for (let event = heap.take(); event >= 0; event = heap.take()) {
      if (settled[event] === 1) continue
      settled[event] = 1
      farthest = distance[event]!
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

/** Residual arcs that lead into an event: those that enter it forwards, those that leave it backwards. */
function relax(state: Circulation, { event, eps, distance, settled, heap }: Settled): void {
  const { at, firstAt, graph } = state
  for (let i = firstAt[event]!; i < firstAt[event + 1]!; i++) {
    const entry = at[i]! ^ 1
    const other = (entry & 1) === 0 ? graph.tail[entry >> 1]! : graph.head[entry >> 1]!
    if (settled[other] === 1) continue
    const key = distance[event]! + Math.max(0, eps / 2 - gainOf(state, other, entry))
    if (key >= distance[other]!) continue
    distance[other] = key
    heap.add(other, key)
  }
}

/** Events by distance, the nearest first; an event may be in it several times. `take` gives -1 when it is empty. */
interface DistanceHeap {
  add(event: number, key: number): void
  take(): number
}

function distanceHeap(): DistanceHeap {
  const keys: number[] = []
  const events: number[] = []
  const set = (at: number, event: number, key: number): void => {
    keys[at] = key
    events[at] = event
  }
  return {
    add: (event, key) => {
      let at = keys.length
      set(at, event, key)
      for (let above = (at - 1) >> 1; at > 0 && keys[above]! > key; above = (at - 1) >> 1) {
        set(at, events[above]!, keys[above]!)
        at = above
      }
      set(at, event, key)
    },
    take: () => {
      const top = events[0] ?? -1
      const event = events.pop()
      const key = keys.pop()
      if (event === undefined || key === undefined || keys.length === 0) return top
      let at = 0
      for (let child = 1; child < keys.length; child = 2 * at + 1) {
        if (child + 1 < keys.length && keys[child + 1]! < keys[child]!) child++
        if (keys[child]! >= key) break
        set(at, events[child]!, keys[child]!)
        at = child
      }
      set(at, event, key)
      return top
    },
  }
}
