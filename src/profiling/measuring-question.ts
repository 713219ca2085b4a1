import type { ProfileEstimator } from "../estimation/profile-estimator.ts"
import type { Problem } from "../optimization/planner.ts"
import { thinnedDraws, thinnedSpace } from "../optimization/regret/thinned-space.ts"
import { trimtabPlanner } from "../optimization/trimtab-planner.ts"
import { DEFAULT_PERCENTILE, type Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Workflow } from "../workflow/workflow.ts"
import type { CandidateOptions } from "./candidates.ts"
import { DRAWS, type MeasuringQuestion, type StoppingRule } from "./next-measurement.ts"

/** Who asks what to measure next. */
export interface Asking {
  readonly workflow: Workflow
  readonly estimator: ProfileEstimator
  readonly limits: PlatformLimits
  /** Where absent plans for three deadlines between the fastest and the cheapest plan must be good. */
  readonly goals?: readonly Goal[]
  readonly rule: StoppingRule
  readonly candidates?: CandidateOptions
}

/** Deadlines over the fastest plan that stand for all that may be asked for later. */
const OVER_FASTEST = [1.2, 1.5, 2.5] as const

/** The same profile asks for the same next measurement. */
const SEED = 1

/** Spaces and draws of all steps, each with as many tasks as its profile saw. Fits what was not fitted yet. */
export function measuringQuestion({ workflow, estimator, limits, goals, rule, candidates }: Asking): MeasuringQuestion {
  const percentile = goals?.[0]?.percentile ?? DEFAULT_PERCENTILE
  const requests = workflow.steps.map((step) => ({
    step: step.name,
    space: step.configSpace,
    tasks: estimator.expectedTasks(step.name),
    percentile,
  }))
  const spaces = new Map(requests.map((request) => [request.step, thinnedSpace(estimator.compile(request))]))
  const problem = { workflow, spaces, limits, goal: { kind: "cost", sloMs: 1, percentile } } as const
  const draws = new Map(
    requests.map((request) => [request.step, thinnedDraws(estimator.draws({ ...request, count: DRAWS, seed: SEED }))]),
  )
  return {
    problem,
    draws,
    goals: goals ?? deadlinesFor(problem),
    rule,
    ...(candidates === undefined ? {} : { candidates }),
  }
}

function deadlinesFor(problem: Problem): readonly Goal[] {
  const { percentile } = problem.goal
  // Shorter than anything: the answer names the fastest plan.
  const none = trimtabPlanner({ effort: "fast" }).plan({ ...problem, goal: { kind: "cost", sloMs: 1e-6, percentile } })
  const fastestMs = none.feasible ? none.latencyMs : none.fastest.latencyMs
  return OVER_FASTEST.map((factor) => ({ kind: "cost", sloMs: factor * fastestMs, percentile }))
}
