import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { RunStatus, StepStatus } from "../workflow/run-result.ts"
import type { DecideRecord } from "./records.ts"

/**
 * What happens, as it happens: for progress, logs and profiles. Outside the journal (E9): replayed records tell
 * nothing, and a listener that fails changes nothing. Instants are ms since the run's start.
 */
export type EngineEvent =
  | { readonly kind: "run-started"; readonly runId: string; readonly workflow: string; readonly resumed: boolean }
  | {
      readonly kind: "step-decided"
      readonly runId: string
      readonly step: string
      readonly attempt: number
      readonly atMs: number
      readonly decision: DecideRecord
    }
  | {
      readonly kind: "step-started"
      readonly runId: string
      readonly step: string
      readonly attempt: number
      readonly atMs: number
      readonly parts: number
      readonly tasks: number
    }
  | {
      readonly kind: "step-finished"
      readonly runId: string
      readonly step: string
      readonly atMs: number
      readonly status: StepStatus
      readonly errors: number
    }
  | {
      readonly kind: "invocation-ended"
      readonly runId: string
      readonly step: string
      readonly call: "tasks" | "split" | "merge"
      readonly outcome: string
      /** Tasks of the part. */
      readonly tasks: number
      readonly processes: number
      readonly record: InvocationRecord
    }
  | {
      readonly kind: "prewarmed"
      readonly runId: string
      readonly step: string
      readonly variant: string
      readonly asked: number
      readonly warmed: number
    }
  | { readonly kind: "run-finished"; readonly runId: string; readonly atMs: number; readonly status: RunStatus }
