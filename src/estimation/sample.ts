import type { StepConfig } from "../workflow/config.ts"

/** Where a sample comes from. */
export type SampleSource = "campaign" | "run" | "log" | "import"

/** How a measured invocation ended: a failure is data too (memory floor, censored time). */
export type SampleOutcome = "ok" | "out-of-memory" | "timeout" | "error"

/**
 * One invocation of one instance. Never pooled with step samples, whose times are already a maximum over
 * instances (estimation needs to know which it has).
 */
export interface InstanceSample {
  readonly kind: "instance"
  readonly atMs: number
  readonly source: SampleSource
  readonly memoryMB: number
  readonly processes: number
  /** Tasks of this instance, n. */
  readonly tasks: number
  readonly outcome: SampleOutcome
  readonly cold: boolean
  readonly initMs: number
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
  readonly downloadBytes: number
  readonly uploadBytes: number
  readonly downloadObjects: number
  readonly uploadObjects: number
  readonly durationMs: number
  readonly billedMs: number
  readonly maxMemoryUsedMB: number
  /** Peak of one process, MB; the floor of memory grows with it times processes. */
  readonly peakProcessMB: number
  /** Contention share of the duration was above the limit: kept, left out of fits. */
  readonly contended: boolean
  /** Layer that enforced the size; `none` stays out of fits. */
  readonly enforced: string
  /** Hash of the code that ran: a new version starts a new epoch. */
  readonly codeSha256: string
  /** Names the invocation, so that it is not taken twice: its request id, or a hash of the row it was imported from. */
  readonly id?: string
  /** The figures are means of this many runs (1 where the number is not known): they count as so many, and spread is not learned from them. */
  readonly aggregate?: { readonly runs: number }
}

/** Runs that a sample stands for. */
export function runsOf({ aggregate }: InstanceSample): number {
  return aggregate?.runs ?? 1
}

/** One execution of a whole step: p instances started together. */
export interface StepSample {
  readonly kind: "step"
  readonly atMs: number
  readonly source: SampleSource
  readonly config: StepConfig
  /** Tasks of the step, gamma. */
  readonly tasks: number
  /** Instances that started cold. */
  readonly cold: number
  /** From the start of the step until its last instance runs, queue time subtracted. */
  readonly mappingDelayMs: number
  /** Whole step, queue time subtracted. */
  readonly wallMs: number
  readonly contended: boolean
  readonly enforced: string
  readonly codeSha256: string
  /** What the decision that started the step predicted for it; absent where nothing did. */
  readonly predicted?: StepPredicted
}

/** What a step was predicted to take before it ran. */
export interface StepPredicted {
  readonly medianMs: number
  /** The level that was asked for, in (0, 1), and the step's time at it. */
  readonly percentile: number
  readonly percentileMs: number
  readonly coldStarts: number
  /** The factor on the distance from the median that is in it; 1 where absent. */
  readonly stretch?: number
}

export type Sample = InstanceSample | StepSample

/** Everything measured of one function, oldest first. */
export interface Profile {
  readonly functionName: string
  readonly samples: readonly Sample[]
}
