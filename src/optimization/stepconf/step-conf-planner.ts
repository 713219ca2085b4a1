import { assertNever } from "../../base/assert-never.ts"
import { wholeCapacity } from "../capacity.ts"
import { costLowerBound } from "../lower-bound.ts"
import type { PlanOptions, Planner, PlanResult, PricedPlan, Problem } from "../planner.ts"
import { cheapestPlan, fastestPlan, planOf, pricePlan, selectionLength } from "../plans.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"
import { allOpen, cheapestSelection } from "./selection.ts"

/** Latencies this far above a goal still meet it: rounding of sums. */
const TOLERANCE = 1 + 1e-9

/** Halvings of the deadline for a budget: 2^-24 of the range is far below any measurement. */
const BUDGET_ROUNDS = 24

/**
 * StepConf before a run: Algorithm 1 with every step ending as predicted, then the slack it leaves is spent on what
 * saves most. A budget is met by the least deadline whose plan it pays for. The lower bound holds for a cost goal and
 * prices a single path (lower-bound.ts).
 */
export function stepConfPlanner(): Planner {
  return {
    name: "stepconf",
    plan: (problem, options = {}) => {
      const choices = stepChoices(problem)
      const { goal } = problem
      switch (goal.kind) {
        case "cost":
          return planForDeadline(choices, goal.sloMs)
        case "latency":
          return planForBudget(choices, goal.budgetUsd, options)
        default:
          return assertNever(goal)
      }
    },
  }
}

function planForDeadline(choices: StepChoices, sloMs: number): PlanResult {
  const selection = selectionFor(choices, sloMs)
  if (selection === null) return infeasible(choices)
  const planned = pricePlan(choices, planOf(choices, selection))
  // Steps that cannot be on the platform together wait for each other, which no frontier shows.
  const priced = planned.latencyMs <= sloMs * TOLERANCE ? planned : fastestPlan(choices)
  if (priced.latencyMs > sloMs * TOLERANCE) return infeasible(choices)
  const lowerBound = Math.min(priced.costUsd, costLowerBound(choices, selection, sloMs * TOLERANCE))
  const shared = wholeCapacity(choices.problem.limits).vcpus !== Infinity
  // With shares of a limited platform other plans may exist, which use it one after the other.
  if (shared) return { feasible: true, ...priced, lowerBound: null, gap: null }
  return { feasible: true, ...priced, lowerBound, gap: (priced.costUsd - lowerBound) / lowerBound }
}

/** The cheapest selection found within a deadline; null when even the fastest one exceeds it. */
function selectionFor(choices: StepChoices, deadlineMs: number): Int32Array | null {
  const fastest = new Int32Array(choices.frontiers.length)
  if (selectionLength(choices, fastest) > deadlineMs * TOLERANCE) return null
  return cheapestSelection(allOpen(choices, deadlineMs))
}

function planForBudget(choices: StepChoices, budgetUsd: number, options: PlanOptions): PlanResult {
  const cheapest = cheapestPlan(choices)
  if (cheapest.costUsd > budgetUsd * TOLERANCE) return infeasible(choices)
  let best: PricedPlan = cheapest
  let low = selectionLength(choices, new Int32Array(choices.frontiers.length))
  let high = cheapest.latencyMs
  for (let round = 0; round < BUDGET_ROUNDS && options.shouldStop?.() !== true; round++) {
    const deadlineMs = round === 0 ? low : (low + high) / 2
    const selection = selectionFor(choices, deadlineMs)
    const priced = selection === null ? null : pricePlan(choices, planOf(choices, selection))
    if (priced !== null && priced.costUsd <= budgetUsd * TOLERANCE) {
      if (priced.latencyMs < best.latencyMs) best = priced
      high = deadlineMs
    } else low = deadlineMs
  }
  return { feasible: true, ...best, lowerBound: null, gap: null }
}

function infeasible(choices: StepChoices): PlanResult {
  return { feasible: false, fastest: fastestPlan(choices), cheapest: cheapestPlan(choices) }
}

/** The fastest and the cheapest plan of a problem: the ends between which every goal lies. */
export function planRange(problem: Problem): { readonly fastest: PricedPlan; readonly cheapest: PricedPlan } {
  const choices = stepChoices(problem)
  return { fastest: fastestPlan(choices), cheapest: cheapestPlan(choices) }
}
