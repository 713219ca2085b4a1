import type { Json } from "../base/json.ts"
import type { StepConfig } from "./config.ts"
import type { Goal } from "./goal.ts"

export type RunStatus = "succeeded" | "partial" | "failed" | "cancelled" | "broken"

/**
 * What a run was, as plain data: the engine makes it, `report/` draws it, the command line prints it.
 * Instants named `...AtMs` are ms since the start of the run; `startedAtWallMs` is ms since 1970.
 */
export interface RunResult {
  readonly schemaVersion: 1
  readonly runId: string
  readonly workflow: string
  readonly status: RunStatus
  readonly goal: Goal
  /** The SLO of a cost goal; null for a latency goal. */
  readonly sloMs: number | null
  /** Null where there is no SLO. */
  readonly sloMet: boolean | null
  readonly startedAtWallMs: number
  readonly latencyMs: number
  readonly costUsd: number
  readonly costLines: readonly RunCostLine[]
  /** latencyMs - longest path of measuredMs. */
  readonly overheadMs: number
  /** Step names along the longest measured path. */
  readonly criticalPath: readonly string[]
  /** The layer that enforced CPU and memory on the platform. */
  readonly enforcement: string
  /** Time each policy call took, in order. */
  readonly decisionMs: readonly number[]
  /** At some decision the goal could not be met any more. */
  readonly infeasible: boolean
  readonly policy: string
  readonly output: Json
  readonly error: { readonly step: string; readonly errorType: string; readonly message: string } | null
  readonly steps: readonly StepResult[]
  readonly prewarm: PrewarmResult
  /** Absent where no invocation had a duplicate. */
  readonly hedges?: HedgeResult
}

/** Duplicates of invocations that were late. */
export interface HedgeResult {
  readonly sent: number
  /** Those that brought the result. */
  readonly won: number
  /** What the invocations cost whose answer was not needed, as far as it is known: a line of the bill. */
  readonly costUsd: number
  /** Of them, those whose answer came late and whose bill is exact; the others are billed up to when they were overtaken. */
  readonly late: number
  /** Part of the cost that became known after the parts were settled: beyond what the invocations show. */
  readonly lateUsd: number
}

/** Answers that came after their part was settled, and by how much they changed what had been booked for them. */
export interface LateHedges {
  readonly late: number
  readonly usd: number
}

export interface RunCostLine {
  readonly meter: string
  /** Decimal text: meters are big integers. */
  readonly quantity: string
  readonly usd: number | null
}

export interface PrewarmResult {
  readonly asked: number
  readonly warmed: number
  /** Instances warmed and then used by the run: cold starts avoided. */
  readonly hits: number
  readonly costUsd: number
  /** What follows is absent where nothing was to be warmed. The rule that found the instants. */
  readonly rule?: string
  /** Instances started for a prewarm that nobody had used when the run ended. */
  readonly unused?: number
  /** Steps with cold starts for which a prewarm would have cost more than it was expected to gain. */
  readonly declined?: number
  /** Mapping delay that was avoided, summed over the steps that started on warm instances alone, ms. */
  readonly avoidedMs?: number
}

export type StepStatus = "succeeded" | "partial" | "failed" | "skipped" | "cancelled"

export interface StepResult {
  readonly name: string
  readonly function: string
  readonly after: readonly string[]
  readonly status: StepStatus
  readonly config: StepConfig
  readonly tasks: number
  readonly reason: string
  readonly runnerUp: { readonly config: StepConfig; readonly latencyMs: number; readonly costUsd: number } | null
  readonly infeasible: boolean
  /** P50 of the step's time at decision time, and its parts. */
  readonly predictedMs: number
  readonly predicted: {
    readonly mappingDelayMs: number
    readonly downloadMs: number
    readonly computeMs: number
    readonly uploadMs: number
    readonly percentileMs: number
    readonly costUsd: number
    readonly coldStarts: number
    readonly stretch?: number
  }
  readonly latestFinishMs: number
  readonly decisionMs: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** queueMs + retryMs + mappingDelayMs + downloadMs + computeMs + uploadMs, of the invocation that ended last. */
  readonly measuredMs: number
  readonly queueMs: number
  readonly retryMs: number
  readonly mappingDelayMs: number
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
  readonly coldStarts: number
  readonly prewarmed: number
  readonly attempts: number
  /** Executions of a loop; absent elsewhere. Times and predictions are sums over them. */
  readonly iterations?: number
  readonly costUsd: number
  readonly invocations: readonly InvocationResult[]
}

/** One invocation of a step, for the Gantt. */
export interface InvocationResult {
  readonly kind: "tasks" | "split" | "merge"
  readonly part: number
  readonly attempt: number
  /** In a loop, from 0; absent in the first one. */
  readonly iteration?: number
  readonly repeat: number
  /** A duplicate of an invocation that was late. */
  readonly hedge?: true
  /** `overtaken`: another invocation settled its part. */
  readonly outcome: string
  readonly sentAtMs: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly queueMs: number
  readonly coldStart: boolean
  readonly initMs: number
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
  readonly billedMs: number
  readonly memoryMB: number
  readonly maxMemoryUsedMB: number
}
