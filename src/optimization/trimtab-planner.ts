import { assertNever } from "../base/assert-never.ts"
import { TrimtabError } from "../base/errors.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { type FrontierCache, frontierCache } from "./frontier-cache.ts"
import type { PlanOptions, Planner, PlanResult, PricedPlan, Problem } from "./planner.ts"
import { cheapestPlan, fastestPlan, planOf, pricePlan, selectionLength } from "./plans.ts"
import type { SelectionProblem } from "./selection-problem.ts"
import { type StepChoices, stepChoices } from "./step-choices.ts"
import type { Effort } from "./trimtab/effort.ts"
import { type Solved, type SolveOptions, solveBudget, solveDeadline } from "./trimtab/solve.ts"

export interface TrimtabPlannerOptions {
  /** How long it searches; `default` where absent. */
  readonly effort?: Effort
}

/** Workflows with more steps are refused: they would take minutes and gigabytes. */
const MOST_STEPS = 20_000

/** Latencies and costs this far above a goal still meet it: rounding of sums. */
const TOLERANCE = 1 + 1e-9

/**
 * Our planner before a run: steps side by side merged exactly, the linear relaxation of the rest by network simplex
 * (by cost scaling where thousands of steps are wide), rounded, and improved by branch and bound; every bound comes
 * with a certificate. Both goals. Frontiers are kept from plan to plan, so that another goal for the same spaces is
 * answered in about a millisecond up to 16 steps.
 * @throws TrimtabError `usage` for a goal that is no positive number, `unsupported` for too many steps, `invalid-data`
 * for estimates that are no times and costs, `goal-unreachable` when a step has no configuration that can run.
 */
export function trimtabPlanner({ effort = "default" }: TrimtabPlannerOptions = {}): Planner {
  const choicesOf = choicesCache()
  return {
    name: "trimtab",
    plan: (problem, options = {}) => {
      checkGoal(problem)
      return planAmong(choicesOf(problem), { effort, ...options })
    },
  }
}

/** A plan of the frontier between latency and cost. */
export interface FrontierPlan extends PricedPlan {
  /** No plan within the same latency costs less, USD; null where steps share a limited platform. */
  readonly lowerBoundUsd: number | null
}

/**
 * Cheapest plans at deadlines spread evenly in their logarithm from the least latency there is to that of the
 * cheapest plan: latency rises and cost falls, both strictly, so that there may be fewer than `points` (at least 2).
 */
export function costLatencyFrontier(
  problem: Problem,
  points: number,
  { effort = "default", ...options }: TrimtabPlannerOptions & PlanOptions = {},
): readonly FrontierPlan[] {
  const choices = checkedChoices(problem, frontierCache())
  const least = leastLatency(choices)
  const most = Math.max(least, cheapestPlan(choices).latencyMs)
  const count = Math.max(2, Math.floor(points))
  const found: FrontierPlan[] = []
  for (let at = 0; at < count; at++) {
    const sloMs = least * (most / least) ** (at / (count - 1))
    const result = planForDeadline(choices, sloMs * TOLERANCE, { effort, ...options })
    if (!result.feasible) continue
    const { plan, latencyMs, costUsd, lowerBound } = result
    const last = found.at(-1)
    if (last !== undefined && costUsd >= last.costUsd) continue
    if (last !== undefined && latencyMs <= last.latencyMs) found.pop()
    found.push({ plan, latencyMs, costUsd, lowerBoundUsd: lowerBound })
  }
  return found
}

function choicesCache(): (problem: Problem) => StepChoices {
  const caches = new WeakMap<PlatformLimits, FrontierCache>()
  return (problem) => {
    const cache = caches.get(problem.limits) ?? frontierCache()
    caches.set(problem.limits, cache)
    return checkedChoices(problem, cache)
  }
}

function checkedChoices(problem: Problem, cache: FrontierCache): StepChoices {
  const steps = problem.workflow.steps.length
  if (steps === 0) throw new TrimtabError("usage", "the workflow has no steps", { fix: "add a step to plan" })
  if (steps > MOST_STEPS)
    throw new TrimtabError(
      "unsupported",
      `the workflow has ${steps} steps, and plans are made for up to ${MOST_STEPS}`,
      {
        fix: "plan its parts one by one",
      },
    )
  const choices = stepChoices(problem, cache)
  for (const { latencyMs, costUsd, space } of choices.frontiers)
    if (!isCurve(latencyMs, costUsd))
      throw new TrimtabError("invalid-data", `step ${space.step}: its estimates are not all times and costs`, {
        where: space.step,
        fix: "measure the step again, or remove what was recorded wrongly from its profile",
      })
  return choices
}

/** Rising positive times with falling costs that are not negative. */
function isCurve(latencyMs: Float64Array, costUsd: Float64Array): boolean {
  const last = latencyMs.length - 1
  // NaN fails every comparison, and the ends bound what lies between them.
  if (!(latencyMs[0]! > 0) || !(latencyMs[last]! < Infinity) || !(costUsd[last]! >= 0) || !(costUsd[0]! < Infinity))
    return false
  for (let k = 1; k <= last; k++)
    if (!(latencyMs[k]! > latencyMs[k - 1]!) || !(costUsd[k]! < costUsd[k - 1]!)) return false
  return true
}

function checkGoal({ goal }: Problem): void {
  const value = goal.kind === "cost" ? goal.sloMs : goal.budgetUsd
  if (value > 0 && value < Infinity) return
  const what = goal.kind === "cost" ? "SLO in ms" : "budget in USD"
  throw new TrimtabError("usage", `the ${what} must be a positive number, not ${value}`, { fix: "give another goal" })
}

/** The same for choices that are at hand, whose goal must be a positive number. */
export function planAmong(choices: StepChoices, options: SolveOptions): PlanResult {
  const { goal } = choices.problem
  switch (goal.kind) {
    case "cost":
      return planForDeadline(choices, goal.sloMs, options)
    case "latency":
      return planForBudget(choices, goal.budgetUsd, options)
    default:
      return assertNever(goal)
  }
}

function planForDeadline(choices: StepChoices, sloMs: number, options: SolveOptions): PlanResult {
  if (leastLatency(choices) > sloMs * TOLERANCE) return infeasible(choices, options)
  const solved = solveDeadline(curvesOf(choices), sloMs, options)
  if (solved === null) return infeasible(choices, options)
  const priced = pricePlan(choices, planOf(choices, solved.selection))
  if (priced.latencyMs <= sloMs * TOLERANCE) return proven(choices, priced, priced.costUsd, solved)
  // Steps that cannot be on a limited platform together wait for each other, which no curve shows.
  const fastest = fastestPlan(choices)
  return fastest.latencyMs <= sloMs * TOLERANCE
    ? proven(choices, fastest, fastest.costUsd, solved)
    : infeasible(choices, options)
}

function planForBudget(choices: StepChoices, budgetUsd: number, options: SolveOptions): PlanResult {
  const solved = solveBudget(curvesOf(choices), budgetUsd, options)
  if (solved === null) return infeasible(choices, options)
  const priced = pricePlan(choices, planOf(choices, solved.selection))
  return proven(choices, priced, priced.latencyMs, solved)
}

function proven(choices: StepChoices, priced: PricedPlan, objective: number, solved: Solved): PlanResult {
  // Shares of a limited platform are a choice of ours: beyond them nothing is proven.
  if (choices.problem.limits.vcpuTotal !== null)
    return { feasible: true, ...priced, lowerBound: null, gap: null, certificate: null }
  const lowerBound = Math.min(objective, solved.lowerBound)
  const gap = lowerBound > 0 ? (objective - lowerBound) / lowerBound : 0
  return { feasible: true, ...priced, lowerBound, gap, certificate: solved.certificate }
}

/** `fastest` is the cheapest plan that is as fast as it gets. */
function infeasible(choices: StepChoices, options: SolveOptions): PlanResult {
  const fastest = fastestPlan(choices)
  const solved = solveDeadline(curvesOf(choices), leastLatency(choices), options)
  const cheaper = solved === null ? null : pricePlan(choices, planOf(choices, solved.selection))
  const better =
    cheaper !== null && cheaper.latencyMs <= fastest.latencyMs * TOLERANCE && cheaper.costUsd < fastest.costUsd
  return { feasible: false, fastest: better ? cheaper : fastest, cheapest: cheapestPlan(choices) }
}

function leastLatency(choices: StepChoices): number {
  return selectionLength(choices, new Int32Array(choices.frontiers.length))
}

function curvesOf({ graph, frontiers }: StepChoices): SelectionProblem {
  return { graph, curves: frontiers }
}
