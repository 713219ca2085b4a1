import { schedule } from "../../../workflow/critical-path.ts"
import type { SelectionProblem } from "../../selection-problem.ts"
import type { SelectionSolver } from "../selection-solver.ts"

/** Tries every selection: for a handful of steps with a handful of entries. */
export const exhaustive: SelectionSolver = (problem, goal) => {
  let best: Int32Array | null = null
  let least: readonly [number, number] = [Infinity, Infinity]
  for (const selection of selectionsOf(problem)) {
    const latency = schedule(
      problem.graph,
      problem.curves.map((curve, i) => curve.latencyMs[selection[i]!]!),
    ).length
    const cost = problem.curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0)
    const [kept, objective, other] =
      goal.kind === "cost"
        ? [latency <= goal.sloMs * (1 + 1e-9), cost, latency]
        : [cost <= goal.budgetUsd * (1 + 1e-9), latency, cost]
    if (!kept || objective > least[0] || (objective === least[0] && other >= least[1])) continue
    least = [objective, other]
    best = selection
  }
  return best
}

/** All selections of the curves' entries. */
export function* selectionsOf({ curves }: SelectionProblem): Generator<Int32Array> {
  const selection = new Int32Array(curves.length)
  for (;;) {
    yield selection.slice()
    let i = 0
    while (i < curves.length && selection[i]! + 1 === curves[i]!.latencyMs.length) selection[i++] = 0
    if (i === curves.length) return
    selection[i]!++
  }
}
