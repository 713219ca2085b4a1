import type { OperationReport } from "./operation-report.ts"

/** What the wrapper measured inside one invocation, by a monotonic clock. */
export interface WrapperReport {
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
  readonly downloadBytes: number
  readonly uploadBytes: number
  readonly downloadObjects: number
  readonly uploadObjects: number
  readonly tasks: number
  readonly processes: number
  /** First invocation of this instance. */
  readonly cold: boolean
  /** The output was found finished in the store: the handler did not run. */
  readonly replayed: boolean
  /** Peak resident memory of one process, MB: the largest over the processes. */
  readonly peakProcessMB: number
  /** Where the envelope asked for it, and the handler ran. */
  readonly operations?: OperationReport
}
