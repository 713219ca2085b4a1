import { seededRandom } from "../../base/random.ts"
import { createEstimator } from "../../estimation/profile-estimator.ts"
import type { InstanceSample } from "../../estimation/sample.ts"
import { LAMBDA_LIMITS, LAMBDA_RATES, plainStep } from "../../estimation/testing/one-step.ts"
import { instanceSample } from "../../estimation/testing/synthetic-profile.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { ConfigSpace } from "../../workflow/config.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import type { CandidateOptions } from "../candidates.ts"
import { measuringQuestion } from "../measuring-question.ts"
import { DEFAULT_RULE, type MeasuringQuestion, type StoppingRule } from "../next-measurement.ts"

const ONE = { min: 1, max: 1, step: 1 }
export const MEMORY_SPACE: ConfigSpace = {
  memoryMB: { min: 256, max: 2816, step: 256 },
  instances: ONE,
  processes: ONE,
}

/** first -> second: work on one vCPU and a fixed time, ms; 3 % noise. */
const LAWS = [
  { name: "first", workMs: 800, fixedMs: 60 },
  { name: "second", workMs: 300, fixedMs: 200 },
] as const

export function twoSteps(space: ConfigSpace = MEMORY_SPACE): Workflow {
  return {
    name: "two",
    functions: Object.fromEntries(
      LAWS.map(({ name }) => [name, { name, handler: `./${name}.ts`, threads: "single" as const }]),
    ),
    steps: LAWS.map(({ name }, i) =>
      plainStep(name, name, { after: i === 0 ? [] : [LAWS[0].name], split: { kind: "none" }, configSpace: space }),
    ),
  }
}

/** Warm runs of one function at some sizes; the seed draws their noise. */
export function runsOf(f: 0 | 1, memories: readonly number[], seed: number): readonly InstanceSample[] {
  const random = seededRandom(100 * seed + f)
  return memories.map((memoryMB, i) => {
    const noise = Math.exp(0.03 * normalQuantile(0.001 + 0.998 * random.next()))
    const { workMs, fixedMs } = LAWS[f]
    const computeMs = noise * (fixedMs + workMs / Math.min(1, memoryMB / LAMBDA_LIMITS.mbPerVcpu))
    return instanceSample({ memoryMB, computeMs, atMs: i, id: `${f}/${i}` })
  })
}

export interface Asked {
  readonly first?: readonly InstanceSample[]
  readonly second?: readonly InstanceSample[]
  readonly space?: ConfigSpace
  readonly goals?: readonly Goal[]
  readonly rule?: StoppingRule
  readonly candidates?: CandidateOptions
}

export const DEADLINE: Goal = { kind: "cost", sloMs: 2500, percentile: 0.95 }

/** The question after those runs; one run of each function at 1,792 MB where nothing is said. */
export function asked(given: Asked = {}): MeasuringQuestion {
  const workflow = twoSteps(given.space)
  const runs = [given.first ?? runsOf(0, [1792], 1), given.second ?? runsOf(1, [1792], 1)]
  const profiles = new Map(LAWS.map(({ name }, f) => [name, { functionName: name, samples: runs[f]! }]))
  const estimator = createEstimator({ workflow, profiles, limits: LAMBDA_LIMITS, rates: LAMBDA_RATES })
  return measuringQuestion({
    workflow,
    estimator,
    limits: LAMBDA_LIMITS,
    goals: given.goals ?? [DEADLINE],
    rule: given.rule ?? DEFAULT_RULE,
    ...(given.candidates === undefined ? {} : { candidates: given.candidates }),
  })
}
