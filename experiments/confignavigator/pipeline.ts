import {
  type CompiledSpace,
  createEstimator,
  type Estimator,
  type Goal,
  MEMORY_ONLY,
  type Plan,
  type Problem,
  searchSpace,
  type SearchSpace,
} from "../../src/index.ts"
import { profilesOf } from "../stepconf/profile.ts"
import { type Setting, settingOf } from "../stepconf/setting.ts"
import type { PaperWorkflow } from "../workflows/paper-workflow.ts"
import { type Stream, streamOf } from "./streaming.ts"

/** A pipeline on AWS Lambda as it is simulated, with its profile. */
export interface Pipeline {
  readonly name: string
  readonly setting: Setting
  readonly estimator: Estimator
  readonly stream: Stream
  /** All sizes of all steps by their estimates, nothing cold: a stream of clips keeps its instances. */
  readonly space: SearchSpace
  problem(goal: Goal): Problem
  /** Cost of the cheapest plan for one clip. */
  readonly cheapestUsd: number
}

/** Sizes of the profile, MB: a campaign would choose few more. */
const PROFILED_MB = [256, 512, 1024, 2048, 4096]

const known = new Map<string, Promise<Pipeline>>()

/** Profiles a pipeline once. */
export function pipelineOf(make: () => PaperWorkflow): Promise<Pipeline> {
  const paper = make()
  const found = known.get(paper.name) ?? prepare(paper)
  known.set(paper.name, found)
  return found
}

async function prepare(paper: PaperWorkflow): Promise<Pipeline> {
  const base = settingOf(paper, "lambda")
  // The paper's unit of cost is MB ms: requests cost nothing.
  const setting: Setting = { ...base, rates: { ...base.rates, usdPerRequest: 0 } }
  const profiles = await profilesOf(setting, { sizesMB: PROFILED_MB, repetitions: 4 })
  const { workflow } = paper
  const estimator = createEstimator({ workflow, profiles, limits: setting.limits, rates: setting.rates })
  const problem = (goal: Goal): Problem => ({
    workflow,
    goal,
    limits: setting.limits,
    spaces: new Map(
      workflow.steps.map(({ name, configSpace }) => {
        const request = { step: name, space: configSpace, tasks: 1, percentile: goal.percentile }
        return [name, alwaysWarm(estimator.compile(request))] as const
      }),
    ),
  })
  const space = searchSpace(problem({ kind: "latency", budgetUsd: 1, percentile: 0.5 }), MEMORY_ONLY)
  return {
    name: paper.name,
    setting,
    estimator,
    stream: streamOf(setting, estimator),
    space,
    problem,
    cheapestUsd: space.steps.reduce((sum, { costUsd }) => sum + Math.min(...costUsd), 0),
  }
}

/** The space as if every instance were warm, whoever asks. */
function alwaysWarm(space: CompiledSpace): CompiledSpace {
  const row = space.instances.at(-1)! + 1
  const warm = (values: Float64Array): Float64Array => values.map((_, i) => values[i - (i % row)]!)
  const { coldExtraMs: _, ...rest } = space
  return {
    ...rest,
    mappingDelayMs: warm(space.mappingDelayMs),
    median: { ...space.median, mappingDelayMs: warm(space.median.mappingDelayMs) },
    mean: { ...space.mean, mappingDelayMs: warm(space.mean.mappingDelayMs) },
    initMs: new Float64Array(space.initMs.length),
  }
}

/** The plan of a selection of a search. */
export function planOf({ space }: Pipeline, selection: Int32Array): Plan {
  return Object.fromEntries(space.graph.names.map((name, i) => [name, space.steps[i]!.configs[selection[i]!]!]))
}
