import { assertNever } from "../../base/assert-never.ts"
import { searchCost } from "../branch-and-bound/search-cost.ts"
import { searchLatency } from "../branch-and-bound/search-latency.ts"
import type { SearchLimits } from "../selection-problem.ts"
import type { SelectionSolver } from "./selection-solver.ts"

/** Nodes for each surrogate: planning.md section 10. */
const LIMITS: SearchLimits = { maxNodes: 60, gap: 1e-4 }

/** Branch and bound, for both goals. */
export function searchSolver(limits: SearchLimits = LIMITS): SelectionSolver {
  return (problem, goal) => {
    switch (goal.kind) {
      case "cost":
        return searchCost(problem, goal.sloMs, limits)?.selection ?? null
      case "latency":
        return searchLatency(problem, goal.budgetUsd, limits)?.selection ?? null
      default:
        return assertNever(goal)
    }
  }
}
