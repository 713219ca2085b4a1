import type { Spread } from "../statistics/spread.ts"
import type { Goal } from "../workflow/goal.ts"
import type { RunResult, RunStatus } from "../workflow/run-result.ts"

/** What a simulation came to, as plain data: the command line prints it, a page draws it. */
export interface SimulationReport {
  readonly schemaVersion: 1
  readonly workflow: string
  readonly goal: Goal
  readonly policy: string
  /** `as measured, with limits of lambda`, `on knative`. */
  readonly platform: string
  /** Day of the platform's parameters. */
  readonly parametersDate: string
  readonly load: string
  readonly seed: number
  readonly runs: number
  readonly virtualMs: number
  readonly statuses: Readonly<Partial<Record<RunStatus, number>>>
  /** Share of the runs that ended well within the goal, with its exact interval at 95 %. */
  readonly attainment: { readonly share: number; readonly low: number; readonly high: number; readonly wanted: number }
  readonly latencyMs: Spread
  readonly costUsd: Spread
  readonly totalUsd: number
  readonly prewarmUsd: number
  readonly prewarm: SimulatedPrewarm
  /** Duplicates of late invocations; `costUsd` is of the answers that were not needed. */
  readonly hedges: { readonly sent: number; readonly won: number; readonly costUsd: number }
  readonly queueMs: Spread
  readonly invocations: number
  readonly coldStarts: number
  readonly retries: number
  readonly throttled: number
  readonly faults: number
  readonly mostBusy: number
  /** Runs whose goal was out of reach at some decision. */
  readonly infeasible: number
  readonly steps: readonly SimulatedStep[]
}

/** What warming ahead did in all runs together. */
export interface SimulatedPrewarm {
  readonly rule: string
  readonly warmed: number
  /** Instances that were warmed and used: cold starts avoided. */
  readonly hits: number
  readonly avoidedMs: number
  /** Mapping delay along the longest paths over the latency of all runs. */
  readonly mappingShare: number
  readonly costUsd: number
}

/** One step over the runs that are known whole. */
export interface SimulatedStep {
  readonly name: string
  readonly measuredMs: Spread
  readonly predictedMs: number
  readonly costUsd: number
  readonly coldShare: number
  /** The configuration it had most often, and in what share of the runs. */
  readonly config: string
  readonly configShare: number
}

/** What a page draws beside the report. */
export interface SimulationFigures {
  readonly latencyMs: readonly number[]
  readonly costUsd: readonly number[]
  readonly arrivedAtMs: readonly number[]
  /** One run whole, and how it was chosen: `median`. */
  readonly run: { readonly result: RunResult; readonly chosen: string } | null
}
