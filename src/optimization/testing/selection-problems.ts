import type { Random } from "../../base/random.ts"
import type { Graph } from "../../workflow/graph.ts"
import { longestPath } from "../dual/windows.ts"
import type { CostCurve, SelectionProblem } from "../selection-problem.ts"

/** A graph from the parents of each step; indices must be in topological order. */
export function graphFrom(parents: readonly (readonly number[])[]): Graph {
  const children: number[][] = parents.map(() => [])
  for (const [child, list] of parents.entries()) for (const parent of list) children[parent]!.push(child)
  const names = parents.map((_, i) => `s${i}`)
  return { names, indexOf: new Map(names.map((name, i) => [name, i])), parents, children }
}

/** Shapes of workflows as lists of parents. `dag16` has cross edges between three lanes: not series-parallel. */
export const SHAPES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  chain: chainOf(6),
  diamond: [[], [0], [0], [1, 2]],
  fanOut: [[], [0], [0], [0], [1, 2, 3]],
  ml: [[], [0], [1], [], [3], [4], [], [6], [7]],
  video: [[], [0], [1], [1], [2, 3], [4], [5], [6]],
  dag16: [[], [0], [0], [0], [1], [1, 2], [2, 3], [3], [4, 5], [5, 6], [6, 7], [8, 9], [9, 10], [11], [12], [13, 14]],
  ladder: ladderOf(12),
  layered: layersOf(4, 3),
  mapReduce: mapReduceOf(10),
}

export function chainOf(steps: number): number[][] {
  return Array.from({ length: steps }, (_, i) => (i === 0 ? [] : [i - 1]))
}

/** Two lanes; each step follows the one before in its lane, every second one that of the other lane too. */
export function ladderOf(steps: number): number[][] {
  return Array.from({ length: steps }, (_, i) => {
    if (i < 2) return []
    return i % 4 === 0 ? [i - 2, i - 1] : i % 4 === 3 ? [i - 3, i - 2] : [i - 2]
  })
}

/** Layers in which every step follows all steps of the layer before. */
export function layersOf(layers: number, width: number): number[][] {
  return Array.from({ length: layers * width }, (_, i) => {
    const first = (Math.floor(i / width) - 1) * width
    return first < 0 ? [] : Array.from({ length: width }, (_, j) => first + j)
  })
}

/** One step, `width` that follow it, one that follows all of them, and a last one. */
export function mapReduceOf(width: number): number[][] {
  const mapped = Array.from({ length: width }, (_, i) => i + 1)
  return [[], ...mapped.map(() => [0]), mapped, [width + 1]]
}

/** Every step follows up to three of the `reach` before it. */
export function randomParents(random: Random, steps: number, reach = 8): number[][] {
  return Array.from({ length: steps }, (_, i) => {
    const wanted = Math.min(i, Math.floor(random.next() * 4))
    const found = new Set<number>()
    for (let j = 0; j < wanted; j++) found.add(i - 1 - Math.floor(random.next() * Math.min(i, reach)))
    return [...found].sort((a, b) => a - b)
  })
}

/** A curve of up to `most` entries, neither convex nor evenly spread: seconds, and 1e-5 to 1e-2 USD. */
export function randomCurve(random: Random, most: number): CostCurve {
  const entries = 1 + Math.floor(random.next() * most)
  const latencyMs = new Float64Array(entries)
  const costUsd = new Float64Array(entries)
  let time = 100 * 50 ** random.next()
  let cost = 1e-5 * 100 ** random.next()
  for (let k = 0; k < entries; k++) {
    latencyMs[k] = time
    time *= 1 + (0.02 + 2 * random.next() ** 3) / Math.sqrt(most)
    costUsd[entries - 1 - k] = cost
    cost *= 1 + (0.02 + 3 * random.next() ** 3) / Math.sqrt(most)
  }
  return { latencyMs, costUsd }
}

export function randomProblem(random: Random, parents: readonly (readonly number[])[], most = 40): SelectionProblem {
  return { graph: graphFrom(parents), curves: parents.map(() => randomCurve(random, most)) }
}

/** The shortest and the longest time that selections take, ms. */
export function timeRange({ graph, curves }: SelectionProblem): { readonly minMs: number; readonly maxMs: number } {
  const at = (entry: number): number =>
    longestPath(
      graph,
      Float64Array.from(curves, (c) => c.latencyMs.at(entry)!),
    )
  return { minMs: at(0), maxMs: at(-1) }
}

/** A selection of uniformly drawn entries. */
export function randomSelection(random: Random, { curves }: SelectionProblem): Int32Array {
  return Int32Array.from(curves, ({ latencyMs }) => Math.floor(random.next() * latencyMs.length))
}

/** Time and cost of a selection: what every planner is judged by. */
export function valueOf(
  { graph, curves }: SelectionProblem,
  selection: ArrayLike<number>,
): { readonly latencyMs: number; readonly costUsd: number } {
  const times = Float64Array.from(curves, ({ latencyMs }, i) => latencyMs[selection[i]!]!)
  return {
    latencyMs: longestPath(graph, times),
    costUsd: curves.reduce((sum, { costUsd }, i) => sum + costUsd[selection[i]!]!, 0),
  }
}
