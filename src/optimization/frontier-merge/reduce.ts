import type { StepChoices } from "../step-choices.ts"
import { type Node, parallel, series, stepNode, ZERO } from "./node.ts"

interface Arc {
  readonly from: number
  readonly to: number
  readonly node: Node
}

/**
 * Reduces a workflow to one frontier over its latency by merging parallel and series arcs of its event graph: two
 * events per step, joined by the step's frontier; an arc of no time per dependency; one source and one sink. Null
 * when the workflow is not series-parallel.
 */
export function reduceWorkflow(choices: StepChoices): Node | null {
  let arcs = eventGraph(choices)
  for (;;) {
    const before = arcs.length
    arcs = mergeParallel(arcs)
    arcs = mergeSeries(arcs, choices.graph.names.length)
    if (arcs.length === before) break
  }
  return arcs.length === 1 ? arcs[0]!.node : null
}

/** Events 2i and 2i + 1 are start and end of step i; then source and sink. */
function eventGraph({ graph, frontiers }: StepChoices): Arc[] {
  const n = graph.names.length
  const [source, sink] = [2 * n, 2 * n + 1]
  const arcs: Arc[] = []
  for (let i = 0; i < n; i++) {
    arcs.push({ from: 2 * i, to: 2 * i + 1, node: stepNode(frontiers[i]!, i) })
    if (graph.parents[i]!.length === 0) arcs.push({ from: source, to: 2 * i, node: ZERO })
    if (graph.children[i]!.length === 0) arcs.push({ from: 2 * i + 1, to: sink, node: ZERO })
    for (const child of graph.children[i]!) arcs.push({ from: 2 * i + 1, to: 2 * child, node: ZERO })
  }
  return arcs
}

/** Arcs between the same two events become one; many are joined as a balanced tree, which keeps curves short. */
function mergeParallel(arcs: readonly Arc[]): Arc[] {
  const groups = new Map<string, Arc[]>()
  for (const arc of arcs) {
    const key = `${arc.from}-${arc.to}`
    groups.set(key, [...(groups.get(key) ?? []), arc])
  }
  return [...groups.values()].map(([first, ...rest]) => {
    let nodes = [first!, ...rest].map((arc) => arc.node)
    while (nodes.length > 1)
      nodes = nodes.flatMap((node, i) =>
        i % 2 === 1 ? [] : [i + 1 < nodes.length ? parallel(node, nodes[i + 1]!) : node],
      )
    return { ...first!, node: nodes[0]! }
  })
}

/** An event with one arc in and one out disappears. */
function mergeSeries(arcs: readonly Arc[], steps: number): Arc[] {
  const into = new Map<number, Set<Arc>>()
  const outOf = new Map<number, Set<Arc>>()
  const add = (arc: Arc): void => {
    into.set(arc.to, (into.get(arc.to) ?? new Set()).add(arc))
    outOf.set(arc.from, (outOf.get(arc.from) ?? new Set()).add(arc))
  }
  for (const arc of arcs) add(arc)
  for (let event = 0; event < 2 * steps; event++) {
    const [before, after] = [into.get(event), outOf.get(event)]
    if (before?.size !== 1 || after?.size !== 1) continue
    const [[first], [second]] = [[...before], [...after]]
    outOf.get(first!.from)!.delete(first!)
    into.get(second!.to)!.delete(second!)
    before.clear()
    after.clear()
    add({ from: first!.from, to: second!.to, node: series(first!.node, second!.node) })
  }
  return [...outOf.values()].flatMap((set) => [...set])
}
