/** What is expected of the start of a burst of instances before one was measured; init is not part of it. */
export interface LaunchPrior {
  readonly launchMs: number
  readonly perInstanceMs: number
  readonly perColdMs: number
  /** Sd of ln t. */
  readonly logSd: number
}

/** Processes on one machine. */
export const LOCAL_LAUNCH: LaunchPrior = { launchMs: 10, perInstanceMs: 0, perColdMs: 0, logSd: 0.4 }
