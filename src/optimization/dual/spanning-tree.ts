import type { EventGraph } from "./event-graph.ts"

/** A spanning tree of the events, rooted at the source (event 0), with the potentials that its arcs fix. */
export interface SpanningTree {
  readonly parent: Int32Array
  /** Arc to the parent; -1 at the root. */
  readonly parentArc: Int32Array
  readonly depth: Int32Array
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  readonly previousSibling: Int32Array
  /** Time of each event, ms. */
  readonly potential: Float64Array
  /** 1 for arcs of the tree. */
  readonly inTree: Uint8Array
  readonly stack: Int32Array
}

export function spanningTree({ events, arcs }: EventGraph): SpanningTree {
  const none = (): Int32Array => new Int32Array(events).fill(-1)
  return {
    parent: none(),
    parentArc: none(),
    depth: new Int32Array(events),
    firstChild: none(),
    nextSibling: none(),
    previousSibling: none(),
    potential: new Float64Array(events),
    inTree: new Uint8Array(arcs),
    stack: new Int32Array(events),
  }
}

/** Makes the tree of the longest paths from the source, all arcs but the return arc having the given times. O(V + E). */
export function growLongestPaths(tree: SpanningTree, graph: EventGraph, marginal: Float64Array): void {
  const { potential, parent, parentArc } = tree
  potential.fill(-1)
  potential[0] = 0
  parent.fill(-1)
  parentArc.fill(-1)
  const relax = (arc: number): void => {
    const from = graph.tail[arc]!
    const to = graph.head[arc]!
    const time = potential[from]! + marginal[arc]!
    if (time <= potential[to]!) return
    potential[to] = time
    parent[to] = from
    parentArc[to] = arc
  }
  const ends = graph.firstDependency[graph.steps]!
  for (let arc = ends; arc < graph.returnArc; arc++) if (graph.tail[arc] === 0) relax(arc)
  for (let i = 0; i < graph.steps; i++) {
    for (let arc = graph.firstDependency[i]!; arc < graph.firstDependency[i + 1]!; arc++) relax(arc)
    relax(i)
  }
  for (let arc = ends; arc < graph.returnArc; arc++) if (graph.head[arc] === graph.sink) relax(arc)
  linkChildren(tree)
}

/** Rebuilds child lists and arc marks from the parents. O(V + E). */
export function linkChildren(tree: SpanningTree): void {
  tree.firstChild.fill(-1)
  tree.nextSibling.fill(-1)
  tree.previousSibling.fill(-1)
  tree.inTree.fill(0)
  for (let event = tree.parent.length - 1; event >= 1; event--) {
    tree.inTree[tree.parentArc[event]!] = 1
    attach(tree, event, tree.parent[event]!, tree.parentArc[event]!)
  }
}

/** Recomputes potentials and depths of an event and all below it from its parent. */
export function refresh(tree: SpanningTree, graph: EventGraph, marginal: Float64Array, from: number): void {
  const { parent, parentArc, potential, depth, firstChild, nextSibling, stack } = tree
  const { head } = graph
  stack[0] = from
  let size = 1
  while (size > 0) {
    const event = stack[--size]!
    const arc = parentArc[event]!
    if (arc >= 0) {
      const above = parent[event]!
      const time = marginal[arc]!
      potential[event] = head[arc] === event ? potential[above]! + time : potential[above]! - time
      depth[event] = depth[above]! + 1
    }
    for (let child = firstChild[event]!; child >= 0; child = nextSibling[child]!) stack[size++] = child
  }
}

/** Cuts the arc above event `cut` and hangs what was below it on `onto`, by `arc`, which ends at `hook` below the cut. */
export function rehang(tree: SpanningTree, cut: number, hook: number, onto: number, arc: number): void {
  tree.inTree[tree.parentArc[cut]!] = 0
  tree.inTree[arc] = 1
  let event = hook
  let above = onto
  let by = arc
  for (;;) {
    const next = tree.parent[event]!
    const nextArc = tree.parentArc[event]!
    detach(tree, event)
    attach(tree, event, above, by)
    if (event === cut) return
    above = event
    by = nextArc
    event = next
  }
}

function attach(tree: SpanningTree, event: number, parent: number, arc: number): void {
  const { firstChild, nextSibling, previousSibling } = tree
  const next = firstChild[parent]!
  tree.parent[event] = parent
  tree.parentArc[event] = arc
  nextSibling[event] = next
  previousSibling[event] = -1
  if (next >= 0) previousSibling[next] = event
  firstChild[parent] = event
}

function detach(tree: SpanningTree, event: number): void {
  const { firstChild, nextSibling, previousSibling } = tree
  const previous = previousSibling[event]!
  const next = nextSibling[event]!
  if (previous >= 0) nextSibling[previous] = next
  else firstChild[tree.parent[event]!] = next
  if (next >= 0) previousSibling[next] = previous
}
