import type { Graph } from "../../workflow/graph.ts"
import { cheapestWithin, type Frontier } from "../frontier.ts"
import type { CostCurve, SelectionProblem } from "../selection-problem.ts"

/** What is left of a run as a problem of its own, that starts now: open steps choose, running ones take what is left. */
export interface Remaining {
  readonly problem: SelectionProblem
  /** Index in the workflow of each step of the problem. */
  readonly steps: readonly number[]
  /** Step of the problem of each step of the workflow; -1 for those that have ended. */
  readonly at: Int32Array
}

/** `frontiers` of open steps, `restMs` of running ones, undefined and NaN elsewhere; by step index. O(V + E). */
export function remainingOf(
  graph: Graph,
  frontiers: readonly (Frontier | undefined)[],
  restMs: Float64Array,
): Remaining {
  const steps: number[] = []
  const at = new Int32Array(frontiers.length).fill(-1)
  const curves: CostCurve[] = []
  for (const [i, frontier] of frontiers.entries()) {
    if (frontier === undefined && Number.isNaN(restMs[i]!)) continue
    at[i] = steps.length
    steps.push(i)
    curves.push(frontier ?? { latencyMs: Float64Array.of(restMs[i]!), costUsd: new Float64Array(1) })
  }
  const among = (lists: readonly (readonly number[])[]): number[][] =>
    steps.map((i) => lists[i]!.map((other) => at[other]!).filter((other) => other >= 0))
  const names = steps.map((i) => graph.names[i]!)
  const indexOf = new Map(names.map((name, i) => [name, i]))
  return {
    problem: { graph: { names, indexOf, parents: among(graph.parents), children: among(graph.children) }, curves },
    steps,
    at,
  }
}

/** The entries of a problem that take at most the given times, by step of the workflow; the fastest where none does. */
export function entriesWithin({ problem, steps }: Remaining, timesMs: Float64Array): Int32Array {
  return Int32Array.from(problem.curves, (curve, k) => Math.max(0, cheapestWithin(curve, timesMs[steps[k]!]!)))
}
