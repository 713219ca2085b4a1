import type { Goal } from "../../workflow/goal.ts"
import type { Planner, PlanResult, Problem } from "../planner.ts"
import { cheapestPlan, fastestPlan, planOf, pricePlan } from "../plans.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"
import { trimtabPlanner } from "../trimtab-planner.ts"

/** Up to so many combinations of Pareto points are tried one by one. */
const MOST_COMBINATIONS = 1_000_000

const TOLERANCE = 1 + 1e-9

/**
 * Oracle of StepConf's evaluation, a brute-force search of memory, instances and processes: every combination of the
 * steps' Pareto points where there are at most a million, which loses nothing against all configurations; above that
 * `exact`, our exact search where absent. All with the numbers that hold for all planners.
 */
export function oraclePlanner({
  exact = trimtabPlanner({ effort: "exact" }),
}: { readonly exact?: Planner } = {}): Planner {
  return {
    name: "oracle",
    plan: (problem, options) => {
      const choices = stepChoices(problem)
      const combinations = choices.frontiers.reduce((product, { point }) => product * point.length, 1)
      return combinations <= MOST_COMBINATIONS ? enumerated(problem, choices) : exact.plan(problem, options)
    },
  }
}

function enumerated(problem: Problem, choices: StepChoices): PlanResult {
  const { goal, limits } = problem
  const selection = bestOfAll(choices, goal)
  if (selection !== null) {
    const priced = pricePlan(choices, planOf(choices, selection))
    const objective = goal.kind === "cost" ? priced.costUsd : priced.latencyMs
    // On a shared platform steps wait for each other, which no curve shows.
    if (limits.vcpuTotal === null) return { feasible: true, ...priced, lowerBound: objective, gap: 0 }
    const inTime = goal.kind === "latency" || priced.latencyMs <= goal.sloMs * TOLERANCE
    if (inTime) return { feasible: true, ...priced, lowerBound: null, gap: null }
  }
  return { feasible: false, fastest: fastestPlan(choices), cheapest: cheapestPlan(choices) }
}

/** Tries all combinations, each end of a step worked out once for all that follow it; null when none meets the goal. */
function bestOfAll({ graph, frontiers }: StepChoices, goal: Goal): Int32Array | null {
  const n = frontiers.length
  const ends = new Float64Array(n)
  const selection = new Int32Array(n)
  const best = { selection: new Int32Array(n), objective: Infinity, found: false }
  const visit = (i: number, costUsd: number, latencyMs: number): void => {
    if (i === n) {
      const [objective, other, bound] =
        goal.kind === "cost" ? [costUsd, latencyMs, goal.sloMs] : [latencyMs, costUsd, goal.budgetUsd]
      if (other > bound * TOLERANCE || objective >= best.objective) return
      best.objective = objective
      best.found = true
      best.selection.set(selection)
      return
    }
    const start = graph.parents[i]!.reduce((at, parent) => Math.max(at, ends[parent]!), 0)
    const { latencyMs: times, costUsd: costs } = frontiers[i]!
    for (let k = 0; k < times.length; k++) {
      selection[i] = k
      ends[i] = start + times[k]!
      visit(i + 1, costUsd + costs[k]!, Math.max(latencyMs, ends[i]))
    }
  }
  visit(0, 0, 0)
  return best.found ? best.selection : null
}
