import type { Graph } from "../../../workflow/graph.ts"

/** A pair (G', T') of Algorithm 1: a sub-graph and the latest instant at which it may end. */
export interface CachedPair {
  /** Step indices, ascending. */
  readonly steps: readonly number[]
  readonly latestFinishMs: number
}

/** The cache of Algorithm 1: each pair under the one step that its sub-graph starts with. */
export type PairCache = Map<number, CachedPair>

export interface Visit {
  /** L_i, the critical path of the sub-graph. */
  readonly path: readonly number[]
  /** Sub-SLOs of eq. (14) along the path; the first is the step's own. */
  readonly subSloMs: readonly number[]
  /** What lines 11-19 store. */
  readonly stored: readonly CachedPair[]
}

/** The cache before the first step: the whole workflow has until the deadline. */
export function initialCache(graph: Graph, deadlineMs: number): PairCache {
  const cache: PairCache = new Map()
  remember(graph, cache, [{ steps: graph.names.map((_, i) => i), latestFinishMs: deadlineMs }])
  return cache
}

/**
 * StepConf's Algorithm 1 when a step is reached, as published, from the step's own pair. `weightMs` are times at the
 * most cost-effective configurations, eq. (13) read as argmin c*t. Two lines contradict each other and are read so:
 *
 * - line 14 puts v_k into G' although line 15 sets the deadline of G' to the start of v_k: v_k stays out;
 * - line 16 stores pairs only where line 12 found a sub-graph.
 *
 * Only sub-graphs that hang between exactly two vertices of the path are stored; others have no pair. O(V + E).
 */
export function visitStep(
  graph: Graph,
  pair: CachedPair,
  { step, nowMs, weightMs }: { readonly step: number; readonly nowMs: number; readonly weightMs: ArrayLike<number> },
): Visit {
  const path = longestFrom(graph, pair.steps, { step, weightMs })
  const total = path.reduce((sum, i) => sum + weightMs[i]!, 0)
  const sloMs = pair.latestFinishMs - nowMs
  const subSloMs = path.map((i) => (sloMs * (total > 0 ? weightMs[i]! : 1)) / (total > 0 ? total : path.length))
  const startOf = (k: number): number => pair.latestFinishMs - subSloMs.slice(k).reduce((sum, ms) => sum + ms, 0)
  const stored: CachedPair[] = []
  for (const steps of componentsBeside(graph, pair.steps, path)) {
    const to = attachedTo(graph, steps, path)
    if (to !== null) stored.push({ steps, latestFinishMs: startOf(path.indexOf(to)) })
  }
  if (path.length > 1) stored.push({ steps: path.slice(1), latestFinishMs: pair.latestFinishMs })
  return { path, subSloMs, stored }
}

/** Adds pairs to the cache. One whose sub-graph has several first steps starts with none of them: it is never read. */
export function remember(graph: Graph, cache: PairCache, pairs: readonly CachedPair[]): void {
  for (const pair of pairs) {
    const inside = new Set(pair.steps)
    const first = pair.steps.filter((i) => !graph.parents[i]!.some((parent) => inside.has(parent)))
    if (first.length === 1) cache.set(first[0]!, pair)
  }
}

/** Heaviest path inside the steps that starts with one of them. */
function longestFrom(
  graph: Graph,
  steps: readonly number[],
  { step, weightMs }: { readonly step: number; readonly weightMs: ArrayLike<number> },
): number[] {
  const best = new Map<number, number>()
  const next = new Map<number, number>()
  for (const i of [...steps].reverse()) {
    for (const child of graph.children[i]!)
      if (best.has(child) && best.get(child)! > (best.get(next.get(i) ?? -1) ?? -Infinity)) next.set(i, child)
    best.set(i, weightMs[i]! + (best.get(next.get(i) ?? -1) ?? 0))
  }
  const path: number[] = []
  for (let i: number | undefined = step; i !== undefined; i = next.get(i)) path.push(i)
  return path
}

/** The connected parts of the steps without the path, each ascending. */
function componentsBeside(graph: Graph, steps: readonly number[], path: readonly number[]): number[][] {
  const left = new Set(steps)
  for (const i of path) left.delete(i)
  const components: number[][] = []
  for (const first of steps) {
    if (!left.delete(first)) continue
    const component = [first]
    for (let at = 0; at < component.length; at++)
      for (const other of [...graph.parents[component[at]!]!, ...graph.children[component[at]!]!])
        if (left.delete(other)) component.push(other)
    components.push(component.sort((a, b) => a - b))
  }
  return components
}

/** The vertex of the path that waits for the steps, where they hang between exactly two of its vertices; else null. */
function attachedTo(graph: Graph, steps: readonly number[], path: readonly number[]): number | null {
  const onPath = new Set(path)
  const from = new Set(steps.flatMap((i) => graph.parents[i]!.filter((parent) => onPath.has(parent))))
  const to = new Set(steps.flatMap((i) => graph.children[i]!.filter((child) => onPath.has(child))))
  return from.size === 1 && to.size === 1 ? [...to][0]! : null
}
