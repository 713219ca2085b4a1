import type { StepOrder } from "../../../src/statistics/end-to-end-sample.ts"

const DAG16_EDGES = `
  0-1 0-2 0-3 1-4 1-5 2-5 2-6 3-7 4-8 5-8 5-9 6-10 7-10 7-11
  8-12 9-12 9-13 10-13 11-14 12-15 13-15 14-15`

/** Shapes of workflows, steps in topological order: the edges as parent-child pairs. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  chain8: ["0-1", "1-2", "2-3", "3-4", "4-5", "5-6", "6-7"],
  diamond: ["0-1", "0-2", "1-3", "2-3"],
  ml9: ["0-1", "1-2", "3-4", "4-5", "6-7", "7-8"],
  video8: ["0-1", "1-2", "1-3", "2-4", "3-4", "4-5", "5-6", "6-7"],
  dag16: DAG16_EDGES.trim().split(/\s+/),
}

export const GRAPHS: Readonly<Record<string, StepOrder>> = Object.fromEntries(
  Object.entries(EDGES).map(([name, edges]) => [name, graphOf(edges)]),
)

function graphOf(edges: readonly string[]): StepOrder {
  const pairs = edges.map((edge) => edge.split("-").map(Number) as [number, number])
  const count = 1 + Math.max(...pairs.flat())
  const order = Array.from({ length: count }, (_, i) => i)
  return { order, parents: order.map((step) => pairs.filter(([, child]) => child === step).map(([parent]) => parent)) }
}
