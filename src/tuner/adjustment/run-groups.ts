import type { LogWindow, ObservedRun } from "../observation.ts"
import type { Configs } from "../publishing/config-document.ts"
import { stepNameOf } from "./step-sums.ts"
import { runSums, type RunSums } from "./worse.ts"

/** A run as far as judging needs it. */
export interface JudgedRun {
  readonly latencyMs: number
  readonly costUsd: number
  /** A step ran out of memory or time in it. */
  readonly failed: boolean
  /** An invocation of it started cold. */
  readonly cold: boolean
}

/** The runs of a window by the configurations that they ran with, as their sizes tell. */
export interface RunGroups {
  /** At the configurations in force. */
  readonly present: readonly JudgedRun[]
  /** With the change on trial. */
  readonly changed: readonly JudgedRun[]
}

/**
 * Runs that were begun under an earlier version, or mix two, belong to neither. With a change on trial a run without any
 * changed step says nothing about it and counts for neither, too.
 */
export function groupsOf({ observed }: Pick<LogWindow, "observed">, configs: Configs, trial?: Configs): RunGroups {
  const present: JudgedRun[] = []
  const changed: JudgedRun[] = []
  const differing = trial === undefined ? [] : Object.keys(trial).filter((step) => !sameSize(step, configs, trial))
  for (const run of observed) {
    const judged = { latencyMs: run.latencyMs, costUsd: run.costUsd, failed: hasFailed(run), cold: hasColdStart(run) }
    if (!run.complete && !judged.failed) continue
    const tells = trial === undefined || run.invocations.some((one) => differing.includes(stepNameOf(one)))
    if (trial !== undefined && tells && ranWith(run, trial)) changed.push(judged)
    else if (tells && ranWith(run, configs)) present.push(judged)
  }
  return { present, changed }
}

/** What is judged: every change begins with cold starts, which say nothing of the sizes; failures always count. */
export function sumsOfRuns(runs: readonly JudgedRun[]): RunSums {
  return runSums(runs.filter(({ cold, failed }) => failed || !cold))
}

function sameSize(step: string, a: Configs, b: Configs): boolean {
  return a[step]?.memoryMB === b[step]?.memoryMB
}

function ranWith({ invocations }: ObservedRun, configs: Configs): boolean {
  return invocations.every((one) => {
    const config = configs[stepNameOf(one)]
    return config === undefined || config.memoryMB === one.memoryMB
  })
}

function hasColdStart({ invocations }: ObservedRun): boolean {
  return invocations.some(({ initMs }) => initMs > 0)
}

function hasFailed({ invocations }: ObservedRun): boolean {
  return invocations.some(({ outcome }) => outcome === "out-of-memory" || outcome === "timeout")
}
