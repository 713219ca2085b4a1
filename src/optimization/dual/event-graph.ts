import type { Graph } from "../../workflow/graph.ts"

/**
 * A workflow as arcs between events. Step i is the arc i from event 2i + 1 (its start) to event 2i + 2 (its end);
 * the dependencies follow, for each step those on its parents in turn from `firstDependency[i]` on; then the arcs of
 * the source (event 0, before all steps) and to the sink (the last event), and last the arc from the sink back to the
 * source. Events are numbered in topological order.
 */
export interface EventGraph {
  readonly steps: number
  readonly events: number
  readonly arcs: number
  readonly sink: number
  readonly returnArc: number
  readonly tail: Int32Array
  readonly head: Int32Array
  readonly firstDependency: Int32Array
}

/** O(V + E). */
export function eventGraph(graph: Graph): EventGraph {
  const steps = graph.parents.length
  const sink = 2 * steps + 1
  const dependencies = graph.parents.reduce((sum, list) => sum + list.length, 0)
  const ends = graph.parents.reduce(
    (sum, list, i) => sum + Number(list.length === 0) + Number(graph.children[i]!.length === 0),
    0,
  )
  const arcs = steps + dependencies + ends + 1
  const tail = new Int32Array(arcs)
  const head = new Int32Array(arcs)
  const firstDependency = new Int32Array(steps + 1)
  let arc = 0
  const connect = (from: number, to: number): void => {
    tail[arc] = from
    head[arc++] = to
  }
  for (let i = 0; i < steps; i++) connect(2 * i + 1, 2 * i + 2)
  for (let i = 0; i < steps; i++) {
    firstDependency[i] = arc
    for (const parent of graph.parents[i]!) connect(2 * parent + 2, 2 * i + 1)
  }
  firstDependency[steps] = arc
  for (let i = 0; i < steps; i++) {
    if (graph.parents[i]!.length === 0) connect(0, 2 * i + 1)
    if (graph.children[i]!.length === 0) connect(2 * i + 2, sink)
  }
  connect(sink, 0)
  return { steps, events: sink + 1, arcs, sink, returnArc: arcs - 1, tail, head, firstDependency }
}
