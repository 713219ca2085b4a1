import type { Graph } from "./graph.ts"

/** Earliest and latest times of a DAG whose step i takes `durations[i]`, with everything released at 0. */
export interface Schedule {
  readonly start: Float64Array
  readonly end: Float64Array
  /** Longest time from the end of step i to the end of the workflow. */
  readonly tail: Float64Array
  readonly length: number
}

/** Forward and backward sweep in O(V + E). Durations in any unit; the result has the same. */
export function schedule(graph: Graph, durations: ArrayLike<number>): Schedule {
  const n = graph.names.length
  const start = new Float64Array(n)
  const end = new Float64Array(n)
  const tail = new Float64Array(n)
  let length = 0
  for (let i = 0; i < n; i++) {
    for (const parent of graph.parents[i]!) start[i] = Math.max(start[i]!, end[parent]!)
    end[i] = start[i]! + durations[i]!
    length = Math.max(length, end[i]!)
  }
  for (let i = n - 1; i >= 0; i--)
    for (const child of graph.children[i]!) tail[i] = Math.max(tail[i]!, durations[child]! + tail[child]!)
  return { start, end, tail, length }
}

/** Indices of one longest path, source to sink. Ties go to the step that comes first. */
export function criticalPath(graph: Graph, durations: ArrayLike<number>): number[] {
  const { tail } = schedule(graph, durations)
  const path: number[] = []
  let candidates: readonly number[] = graph.names.map((_, i) => i).filter((i) => graph.parents[i]!.length === 0)
  while (candidates.length > 0) {
    const next = candidates.reduce((best, i) => (durations[i]! + tail[i]! > durations[best]! + tail[best]! ? i : best))
    path.push(next)
    candidates = graph.children[next]!
  }
  return path
}
