import type { CompiledSpace } from "../estimation/estimator.ts"
import type { ProfileEstimator } from "../estimation/profile-estimator.ts"
import type { SpaceDraws } from "../estimation/space-draws.ts"
import type { Problem } from "../optimization/planner.ts"
import { thinnedDraws, thinnedSpace } from "../optimization/regret/thinned-space.ts"
import { trimtabPlanner } from "../optimization/trimtab-planner.ts"
import { DEFAULT_PERCENTILE, type Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"
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
  /** What earlier questions worked out; filled here. */
  readonly kept?: KeptSteps
}

/** Spaces and draws by step: a step whose function was not measured again is as it was. */
export interface KeptSteps {
  readonly steps: Map<string, StepAsked & { readonly version: string }>
  /** Changes with the samples of the step's function. */
  readonly versionOf: (step: string) => string
}

interface StepAsked {
  readonly space: CompiledSpace
  readonly draws: SpaceDraws
}

/** Deadlines over the fastest plan that stand for all that may be asked for later. */
const OVER_FASTEST = [1.2, 1.5, 2.5] as const

/** The same profile asks for the same next measurement. */
const SEED = 1

/** Spaces and draws of all steps, each with as many tasks as its profile saw. Fits what was not fitted yet. */
export function measuringQuestion(asking: Asking): MeasuringQuestion {
  const { workflow, limits, goals, rule, candidates } = asking
  const percentile = goals?.[0]?.percentile ?? DEFAULT_PERCENTILE
  const steps = workflow.steps.map((step) => [step.name, stepAsked(asking, step, percentile)] as const)
  const spaces = new Map(steps.map(([name, { space }]) => [name, space]))
  const problem = { workflow, spaces, limits, goal: { kind: "cost", sloMs: 1, percentile } } as const
  return {
    problem,
    draws: new Map(steps.map(([name, { draws }]) => [name, draws])),
    goals: goals ?? deadlinesFor(problem),
    rule,
    ...(candidates === undefined ? {} : { candidates }),
  }
}

function stepAsked({ estimator, kept }: Asking, step: Step, percentile: number): StepAsked {
  const version = kept?.versionOf(step.name) ?? ""
  const known = kept?.steps.get(step.name)
  if (known?.version === version) return known
  const tasks = estimator.expectedTasks(step.name)
  const request = { step: step.name, space: step.configSpace, tasks, percentile }
  const made = {
    version,
    space: thinnedSpace(estimator.compile(request)),
    draws: thinnedDraws(estimator.draws({ ...request, count: DRAWS, seed: SEED })),
  }
  kept?.steps.set(step.name, made)
  return made
}

function deadlinesFor(problem: Problem): readonly Goal[] {
  const { percentile } = problem.goal
  // Shorter than anything: the answer names the fastest plan.
  const none = trimtabPlanner({ effort: "fast" }).plan({ ...problem, goal: { kind: "cost", sloMs: 1e-6, percentile } })
  const fastestMs = none.feasible ? none.latencyMs : none.fastest.latencyMs
  return OVER_FASTEST.map((factor) => ({ kind: "cost", sloMs: factor * fastestMs, percentile }))
}
