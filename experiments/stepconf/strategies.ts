import {
  algorithmOne,
  cosePolicy,
  createEstimator,
  type Estimator,
  type FixedCounts,
  type Goal,
  orionPlanner,
  type Policy,
  type PrewarmRuleName,
  type Problem,
  type Profile,
  staticPolicy,
  stepConfEstimator,
  stepConfInter,
  stepConfIntra,
  trimtabPlanner,
  trimtabPolicy,
  vanillaPlanner,
} from "../../src/index.ts"
import type { Setting } from "./setting.ts"

/** What strategies plan with: the same profiles in our models and in those of the paper. */
export interface Sources {
  readonly setting: Setting
  readonly ours: Estimator
  /** Eq. (1) and (2), repaired. */
  readonly stepConf: Estimator
}

export function sourcesOf(setting: Setting, profiles: ReadonlyMap<string, Profile>): Sources {
  const { paper, limits, rates } = setting
  const from = { workflow: paper.workflow, profiles, limits, rates }
  return { setting, ours: createEstimator(from), stepConf: stepConfEstimator({ ...from, preset: "repaired" }) }
}

/** A strategy of the evaluation. */
export interface Strategy {
  readonly name: string
  /** How its authors prewarm, if they do. */
  readonly prewarm: PrewarmRuleName
  readonly policyOf: (sources: Sources, goal: Extract<Goal, { kind: "cost" }>) => Policy
}

/** The least latency that any plan has on our estimates, everything cold; all SLOs are multiples of it. */
export function fastestMs({ ours, setting }: Sources): number {
  const goal: Goal = { kind: "cost", sloMs: 1, percentile: 0.95 }
  const result = trimtabPlanner().plan(problemFor(setting, ours, goal))
  return result.feasible ? result.latencyMs : result.fastest.latencyMs
}

export function problemFor({ paper, limits }: Setting, estimator: Estimator, goal: Goal): Problem {
  const spaces = new Map(
    paper.workflow.steps.map((step) => {
      const request = { step: step.name, space: step.configSpace, tasks: paper.tasksOf(step.name) }
      return [step.name, estimator.compile({ ...request, percentile: goal.percentile })] as const
    }),
  )
  return { workflow: paper.workflow, goal, spaces, limits }
}

export function vanilla(counts: FixedCounts = {}): Strategy {
  return {
    name: "Vanilla",
    prewarm: "none",
    policyOf: ({ setting, ours }, goal) =>
      staticPolicy(vanillaPlanner(counts).attempt(problemFor(setting, ours, goal)).plan, ours),
  }
}

export const ORION: Strategy = {
  name: "Orion",
  prewarm: "paper",
  policyOf: ({ setting, ours }, goal) =>
    staticPolicy(orionPlanner().attempt(problemFor(setting, ours, goal)).plan, ours),
}

export const COSE: Strategy = {
  name: "COSE",
  prewarm: "none",
  policyOf: ({ setting, ours }) => cosePolicy({ estimator: ours, limits: setting.limits }),
}

export const STEPCONF: Strategy = {
  name: "StepConf",
  prewarm: "paper",
  policyOf: ({ setting, stepConf }) =>
    algorithmOne({ estimator: stepConf, limits: setting.limits, preset: "published" }),
}

/** The paper's planner on our models, so that planner and model are told apart. */
export const STEPCONF_ON_OURS: Strategy = {
  name: "StepConf, our estimates",
  prewarm: "paper",
  policyOf: ({ setting, ours }) => algorithmOne({ estimator: ours, limits: setting.limits, preset: "published" }),
}

export const INTER: Strategy = {
  name: "StepConf-Inter",
  prewarm: "paper",
  policyOf: ({ setting, stepConf }) =>
    stepConfInter({ estimator: stepConf, limits: setting.limits, preset: "published" }),
}

export const INTRA: Strategy = {
  name: "StepConf-Intra",
  prewarm: "paper",
  policyOf: ({ setting, stepConf }) =>
    stepConfIntra({ estimator: stepConf, limits: setting.limits, preset: "published" }),
}

export const OURS: Strategy = {
  name: "Trimtab",
  prewarm: "newsvendor",
  policyOf: ({ setting, ours }) => trimtabPolicy({ estimator: ours, limits: setting.limits }),
}

export const STRATEGIES: readonly Strategy[] = [vanilla(), ORION, COSE, STEPCONF, STEPCONF_ON_OURS, INTER, INTRA, OURS]
