import type { Json } from "../base/json.ts"
import type { Decision } from "../optimization/policy.ts"
import type { TaskError } from "../protocol/envelope.ts"

/**
 * What the journal holds of a run: plain JSON, read back for ever. A change of a field's meaning raises
 * `ENGINE_FORMAT`. Instants are ms since the run's start unless named `...WallMs`.
 */

/**
 * The version of everything below; an engine refuses a run with a higher one. 2: steps whose input is said by the workflow
 * (nested workflows), duplicates of invocations, records of deadlines. Runs of 1 have none of them and are read as they are.
 */
export const ENGINE_FORMAT = 2

/** The configuration of one attempt, and what the policy saw. */
export interface DecideRecord extends Decision {
  readonly policy: string
  /** Time the policy's call took, ms. */
  readonly decisionMs: number
  /** Why the policy's own answer was not used; absent where it was. */
  readonly fallback?: string
  /** Tasks that the attempt was decided for. */
  readonly tasks: number
}

/** One batch of parts has settled. */
export interface InvokeRecord {
  readonly parts: readonly PartRecord[]
}

/** Why tasks of a part are still open: they go to a new attempt above the memory that failed. */
export type OpenCause = "out-of-memory" | "timeout"

/** The end of one part of one attempt. It settles once. */
export interface PartRecord {
  readonly part: number
  /** One per task of the part; null where the task failed or is open. */
  readonly results: readonly Json[]
  /** Tasks that failed for good. `task` counts inside the part. */
  readonly errors: readonly TaskError[]
  /** Tasks without an end, counted inside the part. */
  readonly open: readonly number[]
  readonly openCause: OpenCause | null
  /** In the order they were sent. */
  readonly invocations: readonly InvocationEntry[]
}

/** One invocation, as short as the Gantt and the bill allow. */
export interface InvocationEntry {
  readonly repeat: number
  readonly outcome: string
  /** When it was wanted: the wait for admission begins. */
  readonly askedAtMs: number
  readonly sentAtMs: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** Wait for admission on the platform, part of startedAtMs - sentAtMs. */
  readonly admissionMs: number
  readonly cold: boolean
  readonly initMs: number
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
  readonly billedMs: number
  readonly memoryMB: number
  readonly maxMemoryUsedMB: number
  readonly enforced: string
  /** Meter and quantity, as the platform bills it. */
  readonly meters: readonly (readonly [string, string])[]
  /** It used an instance that a prewarm of this run had started. */
  readonly prewarmed?: true
  /** A duplicate of an invocation that was late. */
  readonly hedge?: true
}

/** The value of the entry that a cancel request settles. */
export interface CancelRecord {
  readonly reason: string
}
