import { TrimtabError } from "../base/errors.ts"
import { formatMs, formatUsd } from "../base/format.ts"
import type { Estimator } from "../estimation/estimator.ts"
import type { PlanResult, PricedPlan, Problem } from "../optimization/planner.ts"
import type { Policy } from "../optimization/policy.ts"
import { countMoments, countsSeen } from "../optimization/uncertainty/counts.ts"
import { expectedProblem } from "../optimization/uncertainty/expected-problem.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"

/**
 * The problem that a planner solves before a run: every step with as many tasks as its map expects or else as its
 * profile saw, branches and loops in expectation.
 */
export function problemOf(options: {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly estimator: Estimator
  readonly limits: PlatformLimits
}): Problem {
  const { workflow, goal, estimator, limits } = options
  assertProfiled(workflow, estimator)
  const spaces = new Map(
    workflow.steps.map((step) => {
      const tasks = meanTasks(step) ?? estimator.expectedTasks(step.name)
      const request = { step: step.name, space: step.configSpace, tasks, percentile: goal.percentile }
      return [step.name, estimator.compile(request)] as const
    }),
  )
  return expectedProblem({ workflow, goal, spaces, limits })
}

function meanTasks({ map }: Step): number | null {
  if (map?.expected === undefined) return null
  const mean = typeof map.expected === "number" ? map.expected : countMoments(countsSeen(map.expected)).mean
  return Math.max(1, Math.round(mean))
}

/**
 * Has the policy decide once before the run's clock starts: fits, compiled spaces and frontiers are then at hand, and
 * the first real decision takes as long as the others.
 */
export function rehearse(policy: Policy, workflow: Workflow, goal: Goal): void {
  const ready = workflow.steps.filter((step) => step.after.length === 0).map((step) => step.name)
  const none = new Map<string, never>()
  const view = { workflow, goal, nowMs: 0, finished: none, running: none, ready, tasks: none, memoryFloorMB: none }
  policy.decide({ ...view, warm: () => 0 })
}

/** @throws TrimtabError `no-profile` naming the functions that were never measured */
export function assertProfiled(workflow: Workflow, estimator: Estimator): void {
  const known = new Set(estimator.steps)
  const missing = workflow.steps.filter((step) => !known.has(step.name)).map((step) => step.function)
  if (missing.length > 0)
    throw new TrimtabError(
      "no-profile",
      `not measured yet: ${[...new Set(missing)].join(", ")}; run \`trimtab profile\`, or \`trimtab profile import\` with logs of it`,
      { fix: "run trimtab profile or trimtab profile import" },
    )
}

/** What an impossible goal is refused with: the message names the nearest possible one, and both ends. */
export function unreachable(goal: Goal, result: Extract<PlanResult, { feasible: false }>): TrimtabError {
  const { fastest, cheapest } = result
  const ends = `the fastest plan takes ${endOf(fastest)}, the cheapest ${endOf(cheapest)}`
  const message =
    goal.kind === "cost"
      ? `no plan finishes in ${formatMs(goal.sloMs)} (fastest: ${formatMs(fastest.latencyMs)}); raise --slo, widen the config space, or run with --best-effort; ${ends}`
      : `no plan costs at most ${formatUsd(goal.budgetUsd)} (cheapest: ${formatUsd(cheapest.costUsd)}); raise --budget, widen the config space, or run with --best-effort; ${ends}`
  return new TrimtabError("goal-unreachable", message, { fix: goal.kind === "cost" ? "raise --slo" : "raise --budget" })
}

function endOf({ latencyMs, costUsd }: PricedPlan): string {
  return `${formatMs(latencyMs)} and ${formatUsd(costUsd)}`
}
