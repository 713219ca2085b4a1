import { type BaselinePlanner, baselinePlanner, selecting } from "../baseline-planner.ts"
import { type FixedCounts, type Knobs, only, type Times } from "../knobs.ts"
import { sequentialRun, type StepConfPreset } from "./sequential-run.ts"

export type { StepConfPreset } from "./sequential-run.ts"

export interface AlgorithmOneOptions {
  readonly preset: StepConfPreset
  /** What a step is taken to take; `parts` as in the paper where absent. */
  readonly times?: Times
}

/** StepConf's Algorithm 1 before a run: its offline version, which decides as if every step ended as predicted. */
export function algorithmOnePlanner({ preset, times = "parts" }: AlgorithmOneOptions): BaselinePlanner {
  return planner(`stepconf-${preset}`, { preset, times })
}

/** StepConf-Inter: instances are chosen, processes are fixed. */
export function stepConfInterPlanner(options: AlgorithmOneOptions & FixedCounts): BaselinePlanner {
  return planner(`stepconf-inter-${options.preset}`, options, interKnobs(options))
}

/** StepConf-Intra: processes are chosen, instances are fixed. */
export function stepConfIntraPlanner(options: AlgorithmOneOptions & FixedCounts): BaselinePlanner {
  return planner(`stepconf-intra-${options.preset}`, options, intraKnobs(options))
}

export function interKnobs({ fixedProcesses = 1 }: FixedCounts = {}): Knobs {
  return { processes: only(fixedProcesses) }
}

export function intraKnobs({ fixedInstances = 1 }: FixedCounts = {}): Knobs {
  return { instances: only(fixedInstances) }
}

function planner(name: string, { preset, times = "parts" }: AlgorithmOneOptions, knobs: Knobs = {}): BaselinePlanner {
  return baselinePlanner({
    name,
    knobs,
    times,
    choose: selecting((problem, deadlineMs) => sequentialRun(problem, deadlineMs, preset)),
  })
}
