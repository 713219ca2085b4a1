import type { Random } from "../../src/base/random.ts"
import type { Graph } from "../../src/workflow/graph.ts"

export type Edge = readonly [from: number, to: number]

/** A graph of `count` steps; every edge goes from a lower to a higher index, so that indices are topological. */
export function graphFrom(count: number, edges: readonly Edge[]): Graph {
  const names = Array.from({ length: count }, (_, i) => `s${i}`)
  const [parents, children] = [names.map((): number[] => []), names.map((): number[] => [])]
  for (const [from, to] of edges) {
    parents[to]!.push(from)
    children[from]!.push(to)
  }
  return { names, indexOf: new Map(names.map((name, i) => [name, i])), parents, children }
}

/** Edges as text, "0-1 1-2". */
function edgesOf(text: string): Edge[] {
  return text.split(" ").map((edge): Edge => {
    const [from, to] = edge.split("-").map(Number)
    return [from!, to!]
  })
}

/** Three independent copies of preprocess, train, merge (StepConf, after Orion). */
export const ML: Graph = graphFrom(9, edgesOf("0-1 1-2 3-4 4-5 6-7 7-8"))

/** StepConf's video pipeline. */
export const VP: Graph = graphFrom(8, edgesOf("0-1 1-2 1-3 2-4 3-4 4-5 5-6 6-7"))

/** Sixteen is-prime steps, not series-parallel. */
export const DAG16: Graph = graphFrom(
  16,
  edgesOf("0-1 0-2 0-3 1-4 1-5 2-5 2-6 3-7 4-8 5-8 5-9 6-10 7-10 7-11 8-12 9-12 9-13 10-13 11-14 12-15 13-15 14-15"),
)

/** ConfigNavigator: decode, {face, HD}, encode. */
export const FACE_DETECTION: Graph = graphFrom(4, edgesOf("0-1 0-2 1-3 2-3"))

/** ConfigNavigator: decode, ROI, {beautify, judge then {HD, restore}}, encode. */
export const FACE_BEAUTIFICATION: Graph = graphFrom(7, edgesOf("0-1 1-2 1-3 3-4 3-5 2-6 4-6 5-6"))

/** ConfigNavigator: decode, scale, {border, face, object}, fuse, crop, encode. */
export const AUTOCLIP: Graph = graphFrom(8, edgesOf("0-1 1-2 1-3 1-4 2-5 3-5 4-5 5-6 6-7"))

export function chain(count: number): Graph {
  return graphFrom(
    count,
    Array.from({ length: count - 1 }, (_, i): Edge => [i, i + 1]),
  )
}

/** Two rails of steps; each step of the first also starts the next one of the second. `count` is even. */
export function ladder(count: number): Graph {
  const edges: Edge[] = []
  for (let i = 0; i + 2 < count; i += 2) edges.push([i, i + 2], [i, i + 3], [i + 1, i + 3])
  return graphFrom(count, edges)
}

/** Split, `maps` steps side by side, reduce, report. */
export function mapReduce(maps: number): Graph {
  const edges = Array.from({ length: maps }, (_, i): Edge[] => [
    [0, i + 1],
    [i + 1, maps + 1],
  ]).flat()
  return graphFrom(maps + 3, [...edges, [maps + 1, maps + 2]])
}

/** Layers of equal width; a step has one to three parents in the layer before. */
export function layered(random: Random, layers: number, width: number): Graph {
  const edges: Edge[] = []
  for (let to = width; to < layers * width; to++) {
    const first = (Math.floor(to / width) - 1) * width
    edges.push(...parentsOf(random, { to, first, last: first + width }))
  }
  return graphFrom(layers * width, edges)
}

/** How far back a step of a random graph may have its parents: a tenth of the graph, at least 8 and at most 40 steps. */
const REACH = { share: 0.1, min: 8, max: 40 }

/** A step has one to three parents among those shortly before it. */
export function randomGraph(random: Random, count: number): Graph {
  const reach = Math.max(REACH.min, Math.min(REACH.max, Math.round(count * REACH.share)))
  const edges: Edge[] = []
  for (let to = 1; to < count; to++) edges.push(...parentsOf(random, { to, first: Math.max(0, to - reach), last: to }))
  return graphFrom(count, edges)
}

function parentsOf(
  random: Random,
  { to, first, last }: { readonly to: number; readonly first: number; readonly last: number },
): Edge[] {
  const count = 1 + Math.floor(3 * random.next())
  const parents = new Set(Array.from({ length: count }, () => first + Math.floor((last - first) * random.next())))
  return [...parents].sort((a, b) => a - b).map((from): Edge => [from, to])
}
