import type { EventGraph } from "./event-graph.ts"
import type { HullTable } from "./hull.ts"

/**
 * A flow of "price of time" through the event graph with potentials (times of the events) that is to become
 * eps-optimal: no residual arc gains more than eps ms per unit of flow.
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
  /** Arcs at each event, `firstAt[e]` to `firstAt[e + 1]`: 2 arc where the arc leaves, 2 arc + 1 where it enters. */
  readonly at: Int32Array
  readonly firstAt: Int32Array
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
    excess: new Float64Array(graph.events),
    tolerance: (TOLERANCE * cheapest) / (deadlineMs * graph.events),
    pushes: 0,
  }
}

/** What all imbalances together may take off the bound, as a share of the cheapest cost. */
const TOLERANCE = 1e-9

function incidence({ arcs, events, tail, head }: EventGraph): { at: Int32Array; firstAt: Int32Array } {
  const firstAt = new Int32Array(events + 1)
  for (let arc = 0; arc < arcs; arc++) {
    firstAt[tail[arc]! + 1]!++
    firstAt[head[arc]! + 1]!++
  }
  for (let event = 0; event < events; event++) firstAt[event + 1]! += firstAt[event]!
  const next = firstAt.slice()
  const at = new Int32Array(2 * arcs)
  for (let arc = 0; arc < arcs; arc++) at[next[tail[arc]!]!++] = 2 * arc
  for (let arc = 0; arc < arcs; arc++) at[next[head[arc]!]!++] = 2 * arc + 1
  return { at, firstAt }
}

/** What one more unit of flow out of an event gains, ms; -Infinity where there is no residual arc. */
export function gainOf(
  { graph, hulls, flow, segment, potential, deadlineMs }: Circulation,
  event: number,
  entry: number,
): number {
  const arc = entry >> 1
  const isStep = arc < graph.steps
  if ((entry & 1) === 0) {
    const rise = potential[graph.head[arc]!]! - potential[event]!
    if (isStep) return hulls.timesMs[hulls.offset[arc]! + segment[arc]!]! - rise
    return arc === graph.returnArc ? -deadlineMs - rise : -rise
  }
  const held = flow[arc]!
  if (held <= 0) return -Infinity
  const rise = potential[event]! - potential[graph.tail[arc]!]!
  if (isStep) {
    const corner = hulls.offset[arc]! + segment[arc]!
    return rise - hulls.timesMs[held === hulls.prices[corner]! ? corner - 1 : corner]!
  }
  return arc === graph.returnArc ? rise + deadlineMs : rise
}

/** Moves up to `most` over an arc, at most to the end of its segment; returns what was moved. */
export function push({ graph, hulls, flow, segment }: Circulation, entry: number, most: number): number {
  const arc = entry >> 1
  const held = flow[arc]!
  const forward = (entry & 1) === 0
  if (arc >= graph.steps) {
    const amount = forward ? most : Math.min(most, held)
    flow[arc] = forward ? held + amount : amount === held ? 0 : held - amount
    return amount
  }
  const first = hulls.offset[arc]!
  if (forward) {
    const next = segment[arc]! + 1
    const end = next < hulls.corners[arc]! ? hulls.prices[first + next]! : Infinity
    if (most < end - held) {
      flow[arc] = held + most
      return most
    }
    segment[arc] = next
    flow[arc] = end
    return end - held
  }
  let corner = segment[arc]!
  if (held === hulls.prices[first + corner]!) segment[arc] = --corner
  const end = hulls.prices[first + corner]!
  flow[arc] = most < held - end ? held - most : end
  return held - flow[arc]
}
