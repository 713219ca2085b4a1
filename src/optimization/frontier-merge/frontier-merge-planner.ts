import { assertNever } from "../../base/assert-never.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Planner, PlanResult } from "../planner.ts"
import { cheapestPlan, fastestPlan, planOf, pricePlan } from "../plans.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"
import { stepConfPlanner } from "../stepconf/step-conf-planner.ts"
import { type Node, select } from "./node.ts"
import { reduceWorkflow } from "./reduce.ts"

/** Rounding of sums of latencies and costs. */
const TOLERANCE = 1 + 1e-9

/**
 * The exact planner for series-parallel workflows: the frontiers of the steps are merged into one of the whole
 * workflow, which answers every deadline and every budget. Where a merge has to be thinned the bound says by how
 * much. Other workflows, and platforms whose vCPUs make steps wait for each other, get StepConf's plan.
 */
export function frontierMergePlanner(): Planner {
  const fallback = stepConfPlanner()
  return {
    name: "frontier-merge",
    plan: (problem, options) => {
      const choices = stepChoices(problem)
      const whole = reduceWorkflow(choices)
      return (whole === null ? null : answer(choices, whole, problem.goal)) ?? fallback.plan(problem, options)
    },
  }
}

/** Null when the plan would wait for vCPUs and so miss what its frontier promised. */
function answer(choices: StepChoices, whole: Node, goal: Goal): PlanResult | null {
  const entry = entryFor(whole, goal)
  if (entry === null) return { feasible: false, fastest: fastestPlan(choices), cheapest: cheapestPlan(choices) }
  const selection = new Int32Array(choices.frontiers.length)
  select(whole, entry, selection)
  const priced = pricePlan(choices, planOf(choices, selection))
  if (priced.latencyMs > whole.latencyMs[entry]! * TOLERANCE) return null
  const isCost = goal.kind === "cost"
  // Shares of a limited platform are a choice of ours: beyond them nothing is proven. Thinned latencies neither.
  if (choices.problem.limits.vcpuTotal !== null || (!isCost && whole.error > 1))
    return { feasible: true, ...priced, lowerBound: null, gap: null }
  const objective = isCost ? priced.costUsd : priced.latencyMs
  const lowerBound = isCost ? objective / whole.error : objective
  const { latencyMs, costUsd, error } = whole
  const certificate = { kind: "merged", latencyMs, costUsd, error } as const
  return { feasible: true, ...priced, lowerBound, gap: objective / lowerBound - 1, certificate }
}

/** The cheapest entry in time, or the fastest within the budget; null when there is none. */
function entryFor({ latencyMs, costUsd }: Node, goal: Goal): number | null {
  switch (goal.kind) {
    case "cost": {
      const entry = latencyMs.findLastIndex((ms) => ms <= goal.sloMs * TOLERANCE)
      return entry < 0 ? null : entry
    }
    case "latency": {
      const entry = costUsd.findIndex((usd) => usd <= goal.budgetUsd * TOLERANCE)
      return entry < 0 ? null : entry
    }
    default:
      return assertNever(goal)
  }
}
