import type { Graph } from "../../workflow/graph.ts"
import type { CostCurve, SelectionProblem } from "../selection-problem.ts"
import { type Node, pairsOf, parallel, select, series, stepNode, ZERO } from "./node.ts"

/**
 * What is left of a problem when all that is series-parallel in it has become super-steps: a problem of its own, with
 * the part behind each of its steps. A series-parallel workflow has a kernel of one step, whose curve answers all.
 */
export interface Kernel {
  readonly problem: SelectionProblem
  readonly nodes: readonly Node[]
  /** Costs of the kernel are at most this factor above the best, where curves were thinned; 1 is exact. */
  readonly error: number
}

interface Arc {
  readonly from: number
  readonly to: number
  readonly node: Node
}

/** Step choices, or as much of them as a merge needs. */
export interface MergedCurves {
  readonly graph: Graph
  readonly frontiers: readonly CostCurve[]
}

/** The whole workflow as one frontier over its latency; null when it is not series-parallel. */
export function reduceWorkflow({ graph, frontiers }: MergedCurves): Node | null {
  const arcs = reduced({ graph, curves: frontiers }, Infinity)
  return arcs.length === 1 ? arcs[0]!.node : null
}

/**
 * Merges parallel and series arcs of the event graph until nothing changes: two events per step, joined by the step's
 * curve; an arc of no time per dependency; one source and one sink. A merge in series tries all pairs of entries and
 * is left out once `pairBudget` pairs are spent: it never tightens the linear relaxation, while one in parallel does
 * (it is linear in the entries, and always made).
 */
export function kernelOf(problem: SelectionProblem, pairBudget: number): Kernel {
  const source = 2 * problem.curves.length
  const position = (event: number): number => (event === source ? -1 : event)
  const arcs = reduced(problem, pairBudget).toSorted((a, b) => position(a.from) - position(b.from))
  const steps = arcs.filter((arc) => arc.node.kind !== "zero")
  const nodes = steps.map((arc) => arc.node)
  return {
    problem: { graph: kernelGraph(arcs, steps), curves: nodes },
    nodes,
    error: nodes.reduce((most, node) => Math.max(most, node.error), 1),
  }
}

/** The selection of the original problem behind one of its kernel. */
export function expandSelection(kernel: Kernel, selection: Int32Array, steps: number): Int32Array {
  const expanded = new Int32Array(steps)
  for (const [at, node] of kernel.nodes.entries()) select(node, selection[at]!, expanded)
  return expanded
}

function reduced(problem: SelectionProblem, pairBudget: number): Arc[] {
  let arcs = eventGraph(problem)
  const budget = { pairs: pairBudget }
  for (;;) {
    const before = arcs.length
    arcs = mergeParallel(arcs, 2 * problem.curves.length + 2)
    arcs = mergeSeries(arcs, problem.curves.length, budget)
    if (arcs.length === before) return arcs
  }
}

/** Events 2i and 2i + 1 are start and end of step i; then source and sink. */
function eventGraph({ graph, curves }: SelectionProblem): Arc[] {
  const n = curves.length
  const [source, sink] = [2 * n, 2 * n + 1]
  const arcs: Arc[] = []
  for (let i = 0; i < n; i++) {
    arcs.push({ from: 2 * i, to: 2 * i + 1, node: stepNode(curves[i]!, i) })
    if (graph.parents[i]!.length === 0) arcs.push({ from: source, to: 2 * i, node: ZERO })
    if (graph.children[i]!.length === 0) arcs.push({ from: 2 * i + 1, to: sink, node: ZERO })
    for (const child of graph.children[i]!) arcs.push({ from: 2 * i + 1, to: 2 * child, node: ZERO })
  }
  return arcs
}

/** Arcs between the same two events become one; many are joined as a balanced tree, which keeps curves short. */
function mergeParallel(arcs: readonly Arc[], events: number): Arc[] {
  const groups = new Map<number, Arc | Arc[]>()
  for (const arc of arcs) {
    const ends = arc.from * events + arc.to
    const group = groups.get(ends)
    if (group === undefined) groups.set(ends, arc)
    else if (Array.isArray(group)) group.push(arc)
    else groups.set(ends, [group, arc])
  }
  return Array.from(groups.values(), (group) =>
    Array.isArray(group) ? { ...group[0]!, node: sideBySide(group.map((arc) => arc.node)) } : group,
  )
}

function sideBySide(all: readonly Node[]): Node {
  let nodes = [...all]
  while (nodes.length > 1)
    nodes = nodes.flatMap((node, i) =>
      i % 2 === 1 ? [] : [i + 1 < nodes.length ? parallel(node, nodes[i + 1]!) : node],
    )
  return nodes[0]!
}

/** An event with one arc in and one out disappears, as long as the pairs of entries are within the budget. */
function mergeSeries(arcs: readonly Arc[], steps: number, budget: { pairs: number }): Arc[] {
  const merged = [...arcs]
  const ends = degreesOf(arcs, 2 * steps + 2)
  const gone = new Set<Arc>()
  for (let event = 0; event < 2 * steps; event++) {
    if (ends.into[event] !== 1 || ends.outOf[event] !== 1) continue
    const [first, second] = [ends.lastInto[event]!, ends.lastOutOf[event]!]
    const pairs = pairsOf(first.node, second.node)
    if (pairs > budget.pairs) continue
    budget.pairs -= pairs
    const arc = { from: first.from, to: second.to, node: series(first.node, second.node) }
    gone.add(first).add(second)
    merged.push(arc)
    // Elsewhere it stands for the one that it begins or ends with.
    ends.lastOutOf[arc.from] = arc
    ends.lastInto[arc.to] = arc
  }
  return gone.size === 0 ? merged : merged.filter((arc) => !gone.has(arc))
}

interface Degrees {
  readonly into: Int32Array
  readonly outOf: Int32Array
  /** The only arc where the degree is 1. */
  readonly lastInto: Arc[]
  readonly lastOutOf: Arc[]
}

function degreesOf(arcs: readonly Arc[], events: number): Degrees {
  const [into, outOf] = [new Int32Array(events), new Int32Array(events)]
  const [lastInto, lastOutOf]: [Arc[], Arc[]] = [[], []]
  for (const arc of arcs) {
    into[arc.to]!++
    outOf[arc.from]!++
    lastInto[arc.to] = arc
    lastOutOf[arc.from] = arc
  }
  return { into, outOf, lastInto, lastOutOf }
}

/** The arcs with curves as steps of a workflow; arcs of no time are dependencies. `arcs` are in topological order. */
function kernelGraph(arcs: readonly Arc[], steps: readonly Arc[]): Graph {
  const indexOf = new Map(steps.map((arc, i) => [arc, i]))
  /** Steps that end at each event, directly or before arcs of no time. */
  const ending = new Map<number, Set<number>>()
  const at = (event: number): Set<number> => {
    const found = ending.get(event) ?? new Set<number>()
    ending.set(event, found)
    return found
  }
  const parents: number[][] = []
  for (const arc of arcs) {
    const index = indexOf.get(arc)
    if (index !== undefined) {
      parents[index] = [...at(arc.from)].sort((a, b) => a - b)
      at(arc.to).add(index)
    } else for (const before of at(arc.from)) at(arc.to).add(before)
  }
  const children: number[][] = steps.map(() => [])
  for (const [child, list] of parents.entries()) for (const parent of list) children[parent]!.push(child)
  const names = steps.map(({ node }, i) => `${node.kind}-${i}`)
  return { names, indexOf: new Map(names.map((name, i) => [name, i])), parents, children }
}
