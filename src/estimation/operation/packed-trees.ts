import { isObject, type Json } from "../../base/json.ts"
import type { BoostedTrees } from "../../statistics/boosted-trees.ts"

type Nodes = BoostedTrees["trees"][number]
type Node = Nodes[number]

/**
 * Boosted trees as small JSON, one text a tree: a leaf is its value, an inner node [column, threshold, left, right]. Six
 * digits are kept of each number.
 */
export function packTrees({ base, rate, trees }: BoostedTrees): Json {
  return { base, rate, trees: trees.map((nodes) => JSON.stringify(packNode(nodes, 0))) }
}

/** The trees of such JSON, which predict the same. Throws for anything else. */
export function unpackTrees(value: unknown): BoostedTrees {
  if (!isObject(value) || !Array.isArray(value["trees"])) throw new Error("these are no packed trees")
  const trees = value["trees"].map((packed: unknown) => {
    const nodes: Node[] = []
    unpackNode(JSON.parse(String(packed)), nodes)
    return nodes
  })
  return { base: Number(value["base"]), rate: Number(value["rate"]), trees }
}

function packNode(nodes: Nodes, at: number): Json {
  const { column, threshold, value, left, right } = nodes[at]!
  if (column < 0) return sixDigits(value)
  return [column, sixDigits(threshold), packNode(nodes, left), packNode(nodes, right)]
}

function sixDigits(value: number): number {
  return Number(value.toPrecision(6))
}

/** Appends the node and all below it; returns its place. */
function unpackNode(packed: unknown, nodes: Node[]): number {
  const at = nodes.length
  if (typeof packed === "number") {
    nodes.push({ column: -1, threshold: 0, value: packed, left: -1, right: -1 })
    return at
  }
  if (!Array.isArray(packed) || packed.length !== 4) throw new Error("this is no node of a packed tree")
  const [column, threshold] = packed.map(Number)
  nodes.push({ column: -1, threshold: 0, value: 0, left: -1, right: -1 })
  const left = unpackNode(packed[2], nodes)
  const right = unpackNode(packed[3], nodes)
  nodes[at] = { column: column!, threshold: threshold!, value: 0, left, right }
  return at
}
