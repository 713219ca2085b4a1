import type { Graph } from "../../workflow/graph.ts"
import type { ParallelGroup } from "./parallel-groups.ts"

/**
 * A group with every child shrunk to one node: nodes are the own steps in turn (0 to own - 1), then the children. Its
 * longest path is the time of the group once its source has ended.
 */
export interface Contracted {
  readonly nodes: number
  /** Nodes with parents first. */
  readonly order: readonly number[]
  readonly parents: readonly (readonly number[])[]
}

export function contract(graph: Graph, group: ParallelGroup): Contracted {
  const nodeOf = new Map<number, number>()
  for (const [node, step] of group.own.entries()) nodeOf.set(step, node)
  for (const [k, child] of group.children.entries())
    for (const step of child.steps) nodeOf.set(step, group.own.length + k)
  const parents = Array.from({ length: group.own.length + group.children.length }, () => new Set<number>())
  for (const [step, node] of nodeOf)
    for (const parent of graph.parents[step]!) {
      const from = nodeOf.get(parent)
      if (from !== undefined && from !== node) parents[node]!.add(from)
    }
  const lists = parents.map((set) => [...set])
  return { nodes: lists.length, order: topological(lists), parents: lists }
}

function topological(parents: readonly (readonly number[])[]): number[] {
  const order: number[] = []
  const done = new Set<number>()
  const visit = (node: number): void => {
    if (done.has(node)) return
    done.add(node)
    for (const parent of parents[node]!) visit(parent)
    order.push(node)
  }
  for (const node of parents.keys()) visit(node)
  return order
}

/** Longest path with the given duration of every node; `ends` is scratch space of as many. O(edges) */
export function longestPath(
  { order, parents }: Contracted,
  durations: ArrayLike<number>,
  ends: Float64Array = new Float64Array(durations.length),
): number {
  let length = 0
  for (const node of order) {
    let start = 0
    for (const parent of parents[node]!) if (ends[parent]! > start) start = ends[parent]!
    const end = start + durations[node]!
    ends[node] = end
    if (end > length) length = end
  }
  return length
}
