import type { EventGraph } from "./event-graph.ts"
import type { HullTable } from "./hull.ts"

/**
 * A flow of "price of time" through the event graph with potentials (times of the events) that is to become
 * eps-optimal: no residual arc gains more than eps ms per unit of flow.
 *
 * What flow may do at an event is listed at `firstAt[e]` to `firstAt[e + 1]`, an entry for each way: 2 arc along an arc
 * that leaves, 2 arc + 1 back over one that enters. A unit of flow that goes from event e to `other[i]` by the entry
 * `at[i]` gains `worth[at[i]] + potential[e] - potential[other[i]]`, ms.
 */
export interface Circulation {
  readonly graph: EventGraph
  readonly hulls: HullTable
  /** USD per ms, by arc. */
  readonly flow: Float64Array
  /** Of steps: the last corner of the hull whose price is at most the flow. */
  readonly segment: Int32Array
  /** Time of each event, ms. */
  readonly potential: Float64Array
  readonly deadlineMs: number
  readonly at: Int32Array
  readonly other: Int32Array
  readonly firstAt: Int32Array
  /**
   * By entry, ms: along an arc the time of its corner (0 of dependencies, -deadline of the return arc), back over it minus
   * that of the flow it has, -Infinity without any. Kept beside flows and segments, whose hulls are too large for caches.
   */
  readonly worth: Float64Array
  /** Flow into each event minus flow out of it. */
  readonly excess: Float64Array
  /** Excess that counts as none. */
  readonly tolerance: number
  pushes: number
}

export function circulation(graph: EventGraph, hulls: HullTable, deadlineMs: number): Circulation {
  const cheapest = hulls.offset.reduce((sum, offset) => sum + hulls.costsUsd[offset]!, 0)
  return {
    graph,
    hulls,
    flow: new Float64Array(graph.arcs),
    segment: new Int32Array(graph.steps),
    potential: new Float64Array(graph.events),
    deadlineMs,
    ...incidence(graph),
    worth: new Float64Array(2 * graph.arcs),
    excess: new Float64Array(graph.events),
    tolerance: (TOLERANCE * cheapest) / (deadlineMs * graph.events),
    pushes: 0,
  }
}

/** What all imbalances together may take off the bound, as a share of the cheapest cost. */
const TOLERANCE = 1e-9

function incidence({ arcs, events, tail, head }: EventGraph): Pick<Circulation, "at" | "other" | "firstAt"> {
  const firstAt = new Int32Array(events + 1)
  for (let arc = 0; arc < arcs; arc++) {
    firstAt[tail[arc]! + 1]!++
    firstAt[head[arc]! + 1]!++
  }
  for (let event = 0; event < events; event++) firstAt[event + 1]! += firstAt[event]!
  const next = firstAt.slice()
  const at = new Int32Array(2 * arcs)
  const other = new Int32Array(2 * arcs)
  const add = (event: number, entry: number, to: number): void => {
    const i = next[event]!++
    at[i] = entry
    other[i] = to
  }
  for (let arc = 0; arc < arcs; arc++) add(tail[arc]!, 2 * arc, head[arc]!)
  for (let arc = 0; arc < arcs; arc++) add(head[arc]!, 2 * arc + 1, tail[arc]!)
  return { at, other, firstAt }
}

/** Sets what an arc is worth from its flow and segment. */
export function settle({ graph, hulls, flow, segment, worth, deadlineMs }: Circulation, arc: number): void {
  const held = flow[arc]!
  if (arc >= graph.steps) {
    const time = arc === graph.returnArc ? -deadlineMs : 0
    worth[2 * arc] = time
    worth[2 * arc + 1] = held > 0 ? -time : -Infinity
    return
  }
  const corner = hulls.offset[arc]! + segment[arc]!
  worth[2 * arc] = hulls.timesMs[corner]!
  const below = held === hulls.prices[corner]! ? corner - 1 : corner
  worth[2 * arc + 1] = held > 0 ? -hulls.timesMs[below]! : -Infinity
}

/** Moves up to `most` by an entry, at most to the end of a step's segment; returns what was moved. */
export function push(state: Circulation, entry: number, most: number): number {
  const { graph, flow } = state
  const arc = entry >> 1
  const held = flow[arc]!
  const forward = (entry & 1) === 0
  if (arc < graph.steps) flow[arc] = forward ? raised(state, arc, held + most) : lowered(state, arc, held - most)
  else flow[arc] = forward ? held + most : most < held ? held - most : 0
  settle(state, arc)
  return forward ? flow[arc] - held : held - flow[arc]
}

/** The flow of a step when it is to rise: at most to where its next segment begins, which it enters then. */
function raised({ hulls, segment }: Circulation, arc: number, wanted: number): number {
  const next = segment[arc]! + 1
  const end = next < hulls.corners[arc]! ? hulls.prices[hulls.offset[arc]! + next]! : Infinity
  if (wanted < end) return wanted
  segment[arc] = next
  return end
}

/** The flow of a step when it is to fall: at most to where its segment begins. */
function lowered({ hulls, flow, segment }: Circulation, arc: number, wanted: number): number {
  const first = hulls.offset[arc]!
  if (flow[arc] === hulls.prices[first + segment[arc]!]) segment[arc]!--
  return Math.max(wanted, hulls.prices[first + segment[arc]!]!)
}
