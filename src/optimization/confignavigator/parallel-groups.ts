/**
 * The partition of a workflow into parallel groups (ConfigNavigator, section 3.2.1): what lies between a source, a step
 * with several children, and a sink, a step with several parents, that two branches of the source reach.
 *
 * P1. Groups are nested or disjoint: each has children inside it and belongs to one parent; the root is the workflow.
 * P2. Nothing but the source leads into a group and nothing but the sink leads out of it, so that a group can be
 *     replaced by one equivalent step. Sets that others enter or leave are no groups: their steps stay in the parent.
 * P3. Every group has steps of its own: where its children cover it, the smallest of them is dissolved (pruning), the
 *     first in topological order among equals.
 */
import type { Graph } from "../../workflow/graph.ts"

export interface ParallelGroup {
  /** All steps of the group, ascending. */
  readonly steps: readonly number[]
  /** Those in no child, ascending. */
  readonly own: readonly number[]
  /** The steps by branch: parts that no edge connects, by their first step. */
  readonly branches: readonly (readonly number[])[]
  readonly children: readonly ParallelGroup[]
}

/** The whole workflow with its groups inside. O(sources x sinks x E). */
export function parallelGroups(graph: Graph): ParallelGroup {
  const extended = withVirtualEnds(graph)
  const candidates = candidateSets(extended, graph.names.length)
  const accepted: (readonly number[])[] = []
  for (const candidate of candidates) if (accepted.every((other) => nested(other, candidate))) accepted.push(candidate)
  const whole = graph.names.map((_, i) => i)
  return groupOf(graph, whole, accepted)
}

/** Edges with one virtual root `n` above all roots and one virtual leaf `n + 1` below all leaves. */
interface Extended {
  readonly parents: readonly (readonly number[])[]
  readonly children: readonly (readonly number[])[]
  /** Topological order. */
  readonly order: readonly number[]
}

function withVirtualEnds({ names, parents, children }: Graph): Extended {
  const count = names.length
  const [root, leaf] = [count, count + 1]
  const steps = names.map((_, i) => i)
  return {
    parents: [
      ...parents.map((list) => (list.length > 0 ? list : [root])),
      [],
      steps.filter((i) => children[i]!.length === 0),
    ],
    children: [
      ...children.map((list) => (list.length > 0 ? list : [leaf])),
      steps.filter((i) => parents[i]!.length === 0),
      [],
    ],
    order: [root, ...steps, leaf],
  }
}

/**
 * The steps between every source and every sink that two branches of the source reach apart, smallest sets first; proper
 * parts of the workflow only.
 */
function candidateSets(graph: Extended, count: number): (readonly number[])[] {
  const found = new Map<string, readonly number[]>()
  for (const source of graph.order) {
    if (graph.children[source]!.length < 2) continue
    const paths = pathCounts(graph, source)
    for (const sink of graph.order) {
      if (graph.parents[sink]!.length < 2 || paths[sink]! < 2) continue
      const steps = between(graph, paths, sink).filter((i) => i !== source)
      if (steps.length === 0 || steps.length === count || !isGroup(graph, steps, [source, sink])) continue
      found.set(steps.join(","), steps)
    }
  }
  return [...found.values()].sort((a, b) => a.length - b.length || a[0]! - b[0]!)
}

/** Paths from the source to each vertex, counted up to two. */
function pathCounts(graph: Extended, source: number): Uint8Array {
  const paths = new Uint8Array(graph.order.length)
  paths[source] = 1
  for (const i of graph.order)
    if (paths[i]! > 0) for (const child of graph.children[i]!) paths[child] = Math.min(2, paths[child]! + paths[i]!)
  return paths
}

/** Vertices that the source reaches and that reach the sink, without the sink; ascending. */
function between(graph: Extended, paths: Uint8Array, sink: number): number[] {
  const found = new Set<number>()
  const stack = [...graph.parents[sink]!]
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    if (paths[i] === 0 || found.has(i)) continue
    found.add(i)
    stack.push(...graph.parents[i]!)
  }
  return [...found].sort((a, b) => a - b)
}

/** Entered from the source by several edges and left to the sink by several, and by nothing else. */
function isGroup(graph: Extended, steps: readonly number[], [source, sink]: readonly [number, number]): boolean {
  const inside = new Set(steps)
  const enters = graph.children[source]!.filter((i) => inside.has(i) || i === sink).length
  const leaves = graph.parents[sink]!.filter((i) => inside.has(i) || i === source).length
  if (enters < 2 || leaves < 2) return false
  return steps.every(
    (i) =>
      graph.parents[i]!.every((parent) => parent === source || inside.has(parent)) &&
      graph.children[i]!.every((child) => child === sink || inside.has(child)),
  )
}

/** True when one holds the other or they share nothing; `larger` is not the smaller of the two. */
function nested(smaller: readonly number[], larger: readonly number[]): boolean {
  const inside = new Set(larger)
  const shared = smaller.filter((i) => inside.has(i)).length
  return shared === 0 || shared === smaller.length
}

/** The group of some steps; `sets` are nested or disjoint, smallest first, and may lie anywhere. */
function groupOf(graph: Graph, steps: readonly number[], sets: readonly (readonly number[])[]): ParallelGroup {
  const inside = sets.filter((set) => set.length < steps.length && steps.includes(set[0]!))
  const maximal = inside.filter((set) => !inside.some((other) => other.length > set.length && other.includes(set[0]!)))
  const children = maximal.sort((a, b) => a[0]! - b[0]!).map((set) => groupOf(graph, set, inside))
  return pruned(graph, steps, children)
}

/** The group of the steps with these children, without those that P3 dissolves. */
export function pruned(graph: Graph, steps: readonly number[], children: readonly ParallelGroup[]): ParallelGroup {
  const covered = new Set(children.flatMap((child) => child.steps))
  const own = steps.filter((i) => !covered.has(i))
  if (own.length > 0 || children.length === 0) return { steps, own, branches: branchesOf(graph, steps), children }
  const smallest = children.reduce((least, child) => (child.steps.length < least.steps.length ? child : least))
  return pruned(
    graph,
    steps,
    children.flatMap((child) => (child === smallest ? child.children : [child])),
  )
}

/** Parts of the steps that no edge connects, by their first step. */
function branchesOf(graph: Graph, steps: readonly number[]): number[][] {
  const left = new Set(steps)
  const branches: number[][] = []
  for (const first of steps) {
    if (!left.has(first)) continue
    const branch: number[] = []
    const stack = [first]
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      if (!left.delete(i)) continue
      branch.push(i)
      stack.push(...graph.parents[i]!, ...graph.children[i]!)
    }
    branches.push(branch.sort((a, b) => a - b))
  }
  return branches
}
