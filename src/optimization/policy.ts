import type { StepConfig } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Workflow } from "../workflow/workflow.ts"

/** What a policy sees of a run when a step is ready. Instants are ms since the run's start. */
export interface RunView {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly nowMs: number
  readonly finished: ReadonlyMap<
    string,
    { readonly startedAtMs: number; readonly endedAtMs: number; readonly config: StepConfig }
  >
  readonly running: ReadonlyMap<string, { readonly startedAtMs: number; readonly config: StepConfig }>
  /** Steps whose parents are done and that have no configuration yet. The first is the one to decide. */
  readonly ready: readonly string[]
  /** Known task counts; steps that are missing have the estimator's expected count. */
  readonly tasks: ReadonlyMap<string, number>
  /** Idle warm instances of the function's variant of this size, prewarmed ones included. */
  warm(functionName: string, memoryMB: number): number
  /** Sizes that failed in this run (out of memory): the step needs more than this. */
  readonly memoryFloorMB: ReadonlyMap<string, number>
}

export interface Decision {
  readonly config: StepConfig
  /** One clause for people: why this configuration. */
  readonly reason: string
  /** The best of the others: what would have been chosen otherwise. */
  readonly runnerUp: { readonly config: StepConfig; readonly latencyMs: number; readonly costUsd: number } | null
  readonly predicted: PredictedStep
  /** Latest finish of the step, ms since the run's start. */
  readonly latestFinishMs: number
  /** The goal could not be met any more: this is the fastest configuration. */
  readonly infeasible: boolean
}

/** Medians of the parts and the mean cost, as predicted when the step was decided. */
export interface PredictedStep {
  readonly latencyMs: number
  readonly mappingDelayMs: number
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
  /** At the goal's percentile. */
  readonly percentileMs: number
  readonly costUsd: number
  readonly coldStarts: number
  /** `mappingDelayMs` at the goal's percentile, of a step with cold starts. */
  readonly mappingDelayPercentileMs?: number
  /** By how much earlier steps made the percentile lie further from the median; absent where they did not. */
  readonly stretch?: number
}

/** Decides the configuration of the first ready step. One call a step; state it keeps is a cache and can be lost. */
export interface Policy {
  readonly name: string
  decide(view: RunView): Decision
}
