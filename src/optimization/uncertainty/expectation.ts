import type { SelectionGoal, SelectionSolver } from "./selection-solver.ts"
import { candidatesOf, surrogateOf } from "./surrogate.ts"
import type { StepUnfolding } from "./unfolding.ts"
import type { CandidateSelection, UncertainProblem } from "./uncertain-problem.ts"

/**
 * The plan for the mean of everything: mean times and costs, costs weighed by the chance and the expected number of
 * executions, conditional steps with their full time and loops at their expected count. Null where no plan keeps the goal
 * in this sense. How often runs keep it is another matter: about every second time.
 */
export function planInExpectation(
  solver: SelectionSolver,
  problem: UncertainProblem,
  goal: SelectionGoal,
  unfoldings?: readonly StepUnfolding[],
): CandidateSelection | null {
  const unfolded = unfoldings === undefined ? {} : { unfoldings }
  const surrogate = surrogateOf(problem, { kappaMs: 0, kappaUsd: 0 }, unfolded)
  const entries = solver(surrogate.problem, goal)
  return entries === null ? null : candidatesOf(surrogate, entries)
}
