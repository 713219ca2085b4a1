import { coordGreedy, coordSimplex, decrossTwoLayer, graphStratify, layeringLongestPath, sugiyama } from "d3-dag"

export interface DagNode {
  readonly id: string
  readonly parents: readonly string[]
}

export interface Placed {
  /** Centre of the node. */
  readonly x: number
  readonly y: number
}

export interface DagLayout {
  readonly width: number
  readonly height: number
  readonly nodes: ReadonlyMap<string, Placed>
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly Placed[] }[]
}

export interface DagSize {
  readonly nodeWidth: number
  readonly nodeHeight: number
  /** Between layers, and between nodes of one layer. */
  readonly gapX: number
  readonly gapY: number
}

/** Up to here nodes are placed by a linear program, 0.3 s at most; a larger graph gets the heuristic. */
const SIMPLEX_UP_TO = 40

/** Layers a DAG from left to right (Sugiyama's method). Deterministic. Parents that do not exist are left out. */
export function layoutDag(nodes: readonly DagNode[], size: DagSize): DagLayout {
  if (nodes.length === 0) return { width: 0, height: 0, nodes: new Map(), edges: [] }
  const known = new Set(nodes.map(({ id }) => id))
  const data = nodes.map(({ id, parents }) => ({ id, parentIds: parents.filter((parent) => known.has(parent)) }))
  const graph = graphStratify()(data)
  // The method goes from top to bottom: both axes are swapped here and back below.
  const method = sugiyama()
    .layering(layeringLongestPath())
    .decross(decrossTwoLayer())
    .nodeSize([size.nodeHeight, size.nodeWidth])
    .gap([size.gapY, size.gapX])
  const layout = nodes.length <= SIMPLEX_UP_TO ? method.coord(coordSimplex()) : method.coord(coordGreedy())
  const { width: height, height: width } = layout(graph)
  return {
    width,
    height,
    nodes: new Map([...graph.nodes()].map((node) => [node.data.id, { x: node.y, y: node.x }])),
    edges: [...graph.links()].map((link) => ({
      from: link.source.data.id,
      to: link.target.data.id,
      points: link.points.map(([y, x]) => ({ x, y })),
    })),
  }
}
