/** What is expected of the start of a burst of instances before one was measured; init is not part of it. */
export interface LaunchPrior {
  readonly launchMs: number
  readonly perInstanceMs: number
  readonly perColdMs: number
  /** Sd of ln t between what is expected and what one will see. */
  readonly logSd: number
}

/** Processes on one machine. */
export const LOCAL_LAUNCH: LaunchPrior = { launchMs: 10, perInstanceMs: 0, perColdMs: 0, logSd: 0.4 }

/**
 * By platform, invoked directly: the last start of warm bursts of 10 to 1,000 (AWS) and 10 to 200 instances as
 * a + b p by relative least squares, rounded; April 2020, danielBCN/faas-parallelism-benchmark at 3012d720fe22,
 * Apache-2.0. Google's containers were half cold in "warm" bursts: its prior contains them.
 */
export const LAUNCH_PRIORS: Readonly<Record<"aws-lambda" | "ibm-functions" | "google-functions", LaunchPrior>> = {
  "aws-lambda": { launchMs: 114, perInstanceMs: 1.9, perColdMs: 0, logSd: 0.35 },
  "ibm-functions": { launchMs: 620, perInstanceMs: 2.5, perColdMs: 0, logSd: 0.4 },
  "google-functions": { launchMs: 4_200, perInstanceMs: 29, perColdMs: 0, logSd: 0.4 },
}
