import type { CompiledSpace } from "../../estimation/estimator.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import type { Plan } from "../../workflow/workflow.ts"
import { type FrontierCache, frontierCache } from "../frontier-cache.ts"
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
export function baselinePlanner({ name, knobs = {}, times = "goal", choose }: BaselineOptions): BaselinePlanner {
  const restricted = choicesOf((space) => restrictSpace(space, knobs))
  const timed = choicesOf((space) => withTimes(space, times))
  const attemptOn = (choices: StepChoices, options: PlanOptions): PricedPlan => {
    const { goal } = choices.problem
    const own = times === "goal" ? choices : timed(choices.problem)
    const at = (deadlineMs: number): PricedPlan => pricePlan(choices, choose(own, deadlineMs, options))
    if (goal.kind === "cost") return at(goal.sloMs)
    return withinBudget(own, goal.budgetUsd, { at, cheapest: cheapestPlan(choices), options })
  }
  return {
    name,
    attempt: (problem, options = {}) => attemptOn(restricted(problem), options),
    plan: (problem, options = {}) => {
      const choices = restricted(problem)
      return answerOf(choices, attemptOn(choices, options))
    },
  }
}

/** Choices of changed spaces; each space is changed, and its frontiers are built, once for all goals. */
function choicesOf(change: (space: CompiledSpace) => CompiledSpace): (problem: Problem) => StepChoices {
  const changed = new WeakMap<CompiledSpace, CompiledSpace>()
  const caches = new WeakMap<PlatformLimits, FrontierCache>()
  const changedOnce = (space: CompiledSpace): CompiledSpace => {
    const found = changed.get(space) ?? change(space)
    changed.set(space, found)
    return found
  }
  return (problem) => {
    const cache = caches.get(problem.limits) ?? frontierCache()
    caches.set(problem.limits, cache)
    return stepChoices(withSpaces(problem, changedOnce), cache)
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
