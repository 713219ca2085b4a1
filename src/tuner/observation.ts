import type { SampleOutcome } from "../estimation/sample.ts"
import type { Distribution } from "../statistics/distribution.ts"

/**
 * What logs say about a workflow that somebody runs (ConfigNavigator 3.3, log inspection): invocations, the runs that
 * they belong to, and the pipeline that the runs show. Plain data. Instants are ms since 1970, by the clock of the
 * source until runs are put together and by one common clock in an `ObservedRun`.
 */

/** One invocation of a function, from its log alone. */
export interface ObservedInvocation {
  readonly requestId: string
  /** The run or trace that the log names; null where it names none. */
  readonly runId: string | null
  readonly functionName: string
  /**
   * The step, where the log says it, as with our own engine; else the function stands for its step. In an `ObservedRun`
   * also `f#2`: the second place at which the workflow calls f.
   */
  readonly step?: string
  /** Its span in the trace, and the span of the invocation that called it, where the log says them. */
  readonly spanId?: string
  readonly calledBy?: string
  readonly memoryMB: number
  /** When the handler began and when it ended; its initialisation lies before `startMs`. */
  readonly startMs: number
  readonly endMs: number
  readonly durationMs: number
  readonly billedMs: number
  /** 0 of a warm start. */
  readonly initMs: number
  readonly maxMemoryMB?: number
  readonly outcome: SampleOutcome
  readonly costUsd?: number
  /** Version of the published configuration that the caller used, where the log says it. */
  readonly configVersion?: number
  /** Name of the log that it stands in: all records of one source were written by one clock. */
  readonly source: string
}

/** The invocations of one run of the workflow, on one clock. */
export interface ObservedRun {
  readonly runId: string
  /** How its invocations were found to belong together: by an id that the log names, or by their times. */
  readonly joinedBy: "id" | "time"
  /** In the order of their start. */
  readonly invocations: readonly ObservedInvocation[]
  /** From the first invocation's request (its initialisation included) to the last one's end. */
  readonly startMs: number
  readonly endMs: number
  readonly latencyMs: number
  /** Of its invocations; 0 where no price was given. */
  readonly costUsd: number
  /** Names of steps along the chain that made the run as long as it was, first to last. */
  readonly criticalPath: readonly string[]
  /** False when a record that must exist is missing: its times, cost and path may be short of a step. */
  readonly complete: boolean
}

/** Measured values of one kind. */
export interface ObservedValues {
  /** Values behind it. */
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Measured times, ms, and their distribution as the estimator and the planners read it. */
export interface ObservedTimes extends ObservedValues {
  readonly distribution: Distribution
}

/** One step of the pipeline. */
export interface ObservedStep {
  /** The step that the log names, else the function. */
  readonly name: string
  readonly functionName: string
  /** The size of its newest invocations. */
  readonly memoryMB: number
  /** Every size seen, with the share of its invocations. */
  readonly sizes: readonly { readonly memoryMB: number; readonly share: number }[]
  /** Share of the runs in which it is invoked at all. */
  readonly probability: number
  /** Invocations in a run that has it: of a map or a fan-out more than one. */
  readonly count: ObservedValues
  /** From its first request to its last end in a run: what a path sees of it. */
  readonly stepMs: ObservedTimes
  /** Duration of one invocation, as the platform reports it. */
  readonly durationMs: ObservedTimes
  /** Duration less the time in which it waited for functions that it called; equal to durationMs where it calls none. */
  readonly ownMs: ObservedTimes
  /** Cost of the step in a run that has it, USD; null where no price was given. */
  readonly costUsd: ObservedValues | null
  /** Shares of the invocations. */
  readonly coldShare: number
  readonly failedShare: number
  /** Largest memory seen, MB; null where no log said it. */
  readonly maxMemoryMB: number | null
}

/** `after`: `to` begins when `from` has ended. `call`: `from` calls `to` and waits for it. */
export type ObservedEdgeKind = "after" | "call"

export interface ObservedEdge {
  readonly from: string
  readonly to: string
  readonly kind: ObservedEdgeKind
  /** Share of the runs with `from` in which `to` ran as well. */
  readonly probability: number
  /** Share of the runs with both in which the end of `from` was what `to` had waited for. */
  readonly bindingShare: number
  /** Median time from the one's end (of a call: its start) to the other's request, ms. */
  readonly gapMs: number
  /** Runs that show the edge: in which `to` began right when `from` let it. 0: assumed, since `to` never began before. */
  readonly evidence: number
}

/** Steps of which a run takes one alternative, never two. */
export interface ObservedBranch {
  /** The step whose end decides; null where the run's start does. */
  readonly after: string | null
  /** Alternatives with the share of the runs (of those with `after`); an empty list of steps: none of them. */
  readonly choices: readonly { readonly steps: readonly string[]; readonly probability: number }[]
}

/** The workflow as its logs show it: DAG, branches, counts, times and costs. */
export interface ObservedPipeline {
  /** In topological order of the edges. */
  readonly steps: readonly ObservedStep[]
  /** No edge that a path of others implies. */
  readonly edges: readonly ObservedEdge[]
  readonly branches: readonly ObservedBranch[]
  /** Most frequent first; the probabilities sum to 1. */
  readonly criticalPaths: readonly { readonly path: readonly string[]; readonly probability: number }[]
  /** End to end, of complete runs. */
  readonly latencyMs: ObservedTimes
  /** Of complete runs, USD; null where no price was given. */
  readonly costUsd: ObservedValues | null
  readonly window: WindowSummary
}

/** Which runs a window keeps: the newest so many, or those that began in the newest so many ms. */
export type WindowLimit =
  | { readonly kind: "runs"; readonly runs: number }
  | { readonly kind: "time"; readonly ms: number }

export interface WindowSummary {
  /** Start of the first and end of the last run; null of an empty window. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly runs: number
  readonly completeRuns: number
  readonly invocations: number
  /** Versions of published configurations in it, oldest first. */
  readonly configVersions: readonly number[]
}

/** The runs of a span of log, for the tuner to judge a configuration by. Oldest first. */
export interface LogWindow extends WindowSummary {
  readonly observed: readonly ObservedRun[]
  readonly counts: LogCounts
}

/** What a reading of logs met. */
export interface LogCounts {
  readonly lines: number
  /** Invocations taken, each once. */
  readonly invocations: number
  /** Reports that could not be understood. */
  readonly malformed: number
  /** Reports of an invocation that was there already. */
  readonly duplicates: number
  /** Invocations that came after their run was closed, and were left out. */
  readonly late: number
  /** Invocations that stood behind a later one of their source. */
  readonly outOfOrder: number
  /** Invocations without any instant, which cannot be placed. */
  readonly undated: number
  /** Records that must exist and were not found. */
  readonly missing: number
}

/** How far the clock of a source is ahead of the common one (behind: negative), found from causes and effects. */
export interface ClockOffset {
  readonly source: string
  readonly aheadMs: number
  /** Pairs of cause and effect that it rests on. */
  readonly pairs: number
}
