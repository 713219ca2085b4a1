import type { Planner, PlanResult } from "../planner.ts"
import { cheapestPlan, fastestPlan } from "../plans.ts"
import { stepChoices } from "../step-choices.ts"
import { configurationProblem, type EstimateOf } from "./candidates.ts"
import { chanceConstrained } from "./chance-constrained.ts"
import type { ChanceOptions } from "./plan-search.ts"
import { searchSolver } from "./search-solver.ts"
import type { SelectionSolver } from "./selection-solver.ts"
import { type KnownOutcomes, unfold } from "./unfolding.ts"

export interface ChancePlannerOptions extends Omit<ChanceOptions, "unfoldings"> {
  readonly estimateOf: EstimateOf
  /** Branch and bound where absent. */
  readonly solver?: SelectionSolver
  /** Chances of conditions, loops and maps beyond what the workflow itself expects. */
  readonly known?: KnownOutcomes
}

/**
 * Keeps the goal in a share `percentile` of runs, as the Estimates have them: the cheapest plan with
 * P(T <= S) >= percentile, or the fastest with P(C <= B) >= percentile. `latencyMs` is the plan's latency at the
 * percentile, `costUsd` its expected cost. It proves no bound.
 */
export function chancePlanner({
  estimateOf,
  solver = searchSolver(),
  known,
  ...options
}: ChancePlannerOptions): Planner {
  return {
    name: "chance-constrained",
    plan: (problem): PlanResult => {
      const choices = stepChoices(problem)
      const unfoldings = unfold(problem.workflow, known)
      const uncertain = configurationProblem(choices, estimateOf, unfoldings)
      const found = chanceConstrained(solver, uncertain, { ...options, unfoldings, goal: problem.goal })
      if (!found.feasible) return { feasible: false, fastest: fastestPlan(choices), cheapest: cheapestPlan(choices) }
      const configs = choices.graph.names.map((name, i) => [name, uncertain.configs[i]![found.selection[i]!]!] as const)
      return {
        feasible: true,
        plan: Object.fromEntries(configs),
        latencyMs: found.latencyMs,
        costUsd: found.expectedUsd,
        lowerBound: null,
        gap: null,
        attainment: found.attainment,
      }
    },
  }
}
