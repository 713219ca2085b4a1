import type { Graph } from "../../../workflow/graph.ts"
import { certain, type GridLaw, inParallel, inSeries } from "./grid-law.ts"

interface Arc {
  readonly from: number
  readonly to: number
  readonly law: GridLaw
}

/**
 * Time of a workflow whose steps take independent times: arcs in series are convolved, arcs side by side multiplied,
 * until one is left. What is not series-parallel is gone through from source to sink as if all paths that meet were
 * independent, which overstates the percentiles: paths that share steps are slow together.
 */
export function endToEndLaw(graph: Graph, laws: readonly GridLaw[]): GridLaw {
  const n = laws.length
  let arcs = eventGraph(graph, laws)
  for (let before = Infinity; arcs.length < before;) {
    before = arcs.length
    arcs = mergeSeries(mergeParallel(arcs), 2 * n)
  }
  // Events are numbered so that arcs lead upwards, the sink last.
  const reached = new Map<number, GridLaw>([[0, certain(0)]])
  for (const { from, to, law } of arcs.toSorted((a, b) => a.from - b.from)) {
    const end = inSeries(reached.get(from)!, law)
    const other = reached.get(to)
    reached.set(to, other === undefined ? end : inParallel(other, end))
  }
  return reached.get(2 * n + 1)!
}

/** Event 0 is the source, 2n + 1 the sink; step i is the arc from 2i + 1 to 2i + 2. */
function eventGraph(graph: Graph, laws: readonly GridLaw[]): Arc[] {
  const n = laws.length
  const arcs: Arc[] = []
  const zero = certain(0)
  for (const [i, law] of laws.entries()) {
    arcs.push({ from: 2 * i + 1, to: 2 * i + 2, law })
    if (graph.parents[i]!.length === 0) arcs.push({ from: 0, to: 2 * i + 1, law: zero })
    if (graph.children[i]!.length === 0) arcs.push({ from: 2 * i + 2, to: 2 * n + 1, law: zero })
    for (const child of graph.children[i]!) arcs.push({ from: 2 * i + 2, to: 2 * child + 1, law: zero })
  }
  return arcs
}

function mergeParallel(arcs: readonly Arc[]): Arc[] {
  const merged = new Map<string, Arc>()
  for (const arc of arcs) {
    const key = `${arc.from}-${arc.to}`
    const other = merged.get(key)
    merged.set(key, other === undefined ? arc : { ...arc, law: inParallel(other.law, arc.law) })
  }
  return [...merged.values()]
}

/** Inner events with one arc in and one out disappear. */
function mergeSeries(arcs: readonly Arc[], inner: number): Arc[] {
  const [into, outOf] = [new Map<number, Set<Arc>>(), new Map<number, Set<Arc>>()]
  const add = (arc: Arc): void => {
    into.set(arc.to, (into.get(arc.to) ?? new Set()).add(arc))
    outOf.set(arc.from, (outOf.get(arc.from) ?? new Set()).add(arc))
  }
  for (const arc of arcs) add(arc)
  for (let event = 1; event <= inner; event++) {
    const [before, after] = [into.get(event), outOf.get(event)]
    if (before?.size !== 1 || after?.size !== 1) continue
    const [[first], [second]] = [[...before], [...after]]
    outOf.get(first!.from)!.delete(first!)
    into.get(second!.to)!.delete(second!)
    before.clear()
    after.clear()
    add({ from: first!.from, to: second!.to, law: inSeries(first!.law, second!.law) })
  }
  return [...outOf.values()].flatMap((set) => [...set])
}
