import type { WrapperReport } from "./wrapper-report.ts"

/** One invocation as the platform saw it: the unit of profiles, cost and logs. */
export interface InvocationRecord {
  readonly requestId: string
  readonly functionName: string
  readonly memoryMB: number
  readonly repeat: number
  readonly coldStart: boolean
  /** Wall instants, ms since 1970. `startedAtMs` is when the handler's instance took the work. */
  readonly sentAtMs: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly receivedAtMs: number
  readonly initMs: number
  readonly durationMs: number
  readonly billedMs: number
  readonly maxMemoryUsedMB: number
  /** Absent for a prewarm and for a function that is not wrapped. */
  readonly wrapper?: WrapperReport
  readonly cpuMs?: number
  readonly throttledMs?: number
  /** Time the invocation was runnable but had no core, its own quota apart. */
  readonly contentionMs?: number
  /** Wait for admission on the platform: queue time, not mapping delay. */
  readonly admissionWaitMs?: number
  /** The layer that enforced CPU and memory, or `none`. */
  readonly enforced?: string
}
