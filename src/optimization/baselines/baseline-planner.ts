import { assertNever } from "../../base/assert-never.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Plan } from "../../workflow/workflow.ts"
import type { Planner, PlanOptions, PlanResult, PricedPlan, Problem } from "../planner.ts"
import { cheapestPlan, fastestPlan, planOf, pricePlan, type Selection, selectionLength } from "../plans.ts"
import type { SelectionProblem } from "../selection-problem.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"
import { type Knobs, restrictSpace, type Times, withSpaces, withTimes } from "./knobs.ts"

/** A planner of the literature. It answers as every planner does, and can say what its authors would have run. */
export interface BaselinePlanner extends Planner {
  /**
   * The plan that it would run, priced as every plan is, whether or not it meets the goal: baselines plan with times of
   * their own, or go as fast as they can where nothing fits.
   */
  attempt(problem: Problem, options?: PlanOptions): PricedPlan
}

export interface BaselineOptions {
  readonly name: string
  readonly knobs?: Knobs
  /** `goal` where absent. */
  readonly times?: Times
  /** Plans for a deadline, from curves of the baseline's own knobs and times. Need not keep it. */
  readonly choose: (choices: StepChoices, deadlineMs: number, options: PlanOptions) => Plan
}

/** A choice among the entries of the curves as a choice of plans. */
export function selecting(
  select: (problem: SelectionProblem, deadlineMs: number, options: PlanOptions) => Selection,
): BaselineOptions["choose"] {
  return (choices, deadlineMs, options) => {
    const problem = { graph: choices.graph, curves: choices.frontiers }
    return planOf(choices, select(problem, deadlineMs, options))
  }
}

const TOLERANCE = 1 + 1e-9

/** Halvings of the deadline for a budget: a hundred-thousandth of the range. */
const BUDGET_ROUNDS = 16

/**
 * A planner from a choice for deadlines. None of these baselines plans for a budget; they get the least deadline
 * whose plan the budget pays for, as one reads it off a sweep. No bound is proven.
 */
export function baselinePlanner(baseline: BaselineOptions): BaselinePlanner {
  const attempt = (problem: Problem, options: PlanOptions = {}): PricedPlan =>
    attemptOn(baseline, stepChoices(knobsOf(baseline, problem)), options)
  return {
    name: baseline.name,
    attempt,
    plan: (problem, options = {}) => {
      const choices = stepChoices(knobsOf(baseline, problem))
      return answerOf(choices, attemptOn(baseline, choices, options))
    },
  }
}

/** Feasible when the goal is met by the numbers that hold for all planners; else the ends of what the choices allow. */
export function answerOf(choices: StepChoices, priced: PricedPlan): PlanResult {
  if (meets(choices.problem.goal, priced)) return { feasible: true, ...priced, lowerBound: null, gap: null }
  return { feasible: false, fastest: fastestPlan(choices), cheapest: cheapestPlan(choices) }
}

export function meets(goal: Goal, { latencyMs, costUsd }: PricedPlan): boolean {
  return goal.kind === "cost" ? latencyMs <= goal.sloMs * TOLERANCE : costUsd <= goal.budgetUsd * TOLERANCE
}

function knobsOf({ knobs }: BaselineOptions, problem: Problem): Problem {
  return knobs === undefined ? problem : withSpaces(problem, (space) => restrictSpace(space, knobs))
}

function attemptOn(
  { times = "goal", choose }: BaselineOptions,
  choices: StepChoices,
  options: PlanOptions,
): PricedPlan {
  const { problem } = choices
  const own = times === "goal" ? choices : stepChoices(withSpaces(problem, (space) => withTimes(space, times)))
  const at = (deadlineMs: number): PricedPlan => pricePlan(choices, choose(own, deadlineMs, options))
  switch (problem.goal.kind) {
    case "cost":
      return at(problem.goal.sloMs)
    case "latency":
      return withinBudget(own, problem.goal.budgetUsd, { at, cheapest: cheapestPlan(choices), options })
    default:
      return assertNever(problem.goal)
  }
}

interface Sweep {
  readonly at: (deadlineMs: number) => PricedPlan
  readonly cheapest: PricedPlan
  readonly options: PlanOptions
}

function withinBudget(own: StepChoices, budgetUsd: number, { at, cheapest, options }: Sweep): PricedPlan {
  let best = cheapest
  let low = selectionLength(own, new Int32Array(own.frontiers.length))
  let high = cheapest.latencyMs
  for (let round = 0; round < BUDGET_ROUNDS && options.shouldStop?.() !== true; round++) {
    const deadlineMs = round === 0 ? low : (low + high) / 2
    const priced = at(deadlineMs)
    if (priced.costUsd <= budgetUsd * TOLERANCE) {
      if (priced.latencyMs < best.latencyMs) best = priced
      high = deadlineMs
    } else low = deadlineMs
  }
  return best
}
