import { messageOf, TrimtabError } from "../base/errors.ts"
import type { Policy } from "../optimization/policy.ts"
import type { LateHedges, PrewarmResult, RunResult } from "../workflow/run-result.ts"
import type { StepConfig } from "../workflow/config.ts"
import { decideStep } from "./decisions.ts"
import { embeddedPort, type EmbeddedPort, type RecordedEntry } from "./embedded-port.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { execute } from "./execute.ts"
import { hedging } from "./hedging.ts"
import type { HedgeMode } from "./hedge-mode.ts"
import { instantsOf } from "./instants.ts"
import { invokeBatch, invokeCall } from "./invoke-step.ts"
import type { Commit, Journal } from "./journal.ts"
import type { Action, FinishAction } from "./next-actions.ts"
import type { DurablePort, Pending } from "./port.ts"
import { prewarmer, type Prewarmer } from "./prewarmer.ts"
import type { PrewarmRule } from "./prewarm-rule.ts"
import { resultOf } from "./result-of.ts"
import { retryBudget } from "./retry-budget.ts"
import { observeRun } from "./run-events.ts"
import { runView, type ViewSources } from "./run-view.ts"
import { initialState } from "./step-transitions.ts"
import type { Definition, RunError, RunState } from "./state.ts"

/** What is over and cannot be derived from the entries: kept in the run's own row. */
export interface StoredEnd {
  readonly prewarm: PrewarmResult
  /** Absent where no step had duplicates. */
  readonly lateHedges?: LateHedges
  readonly error: RunError | null
}

export const NO_PREWARM: PrewarmResult = { asked: 0, warmed: 0, hits: 0, costUsd: 0 }

/** Why what is still open when a run ends is dropped. Made once: a stack for every run would cost more than its end. */
const OVER: TrimtabError = new TrimtabError("interrupted", "the run is over")

export interface LiveRunOptions {
  readonly parts: EngineParts
  readonly journal: Journal
  readonly definition: Definition
  readonly acceptedAtMs: number
  readonly policy: Policy
  /** Absent when the run is not to prewarm. */
  readonly prewarm?: { readonly policy: Policy; readonly rule: PrewarmRule }
  readonly hedge: HedgeMode
  readonly lastGood: Map<string, StepConfig>
  /** Of a new run. */
  readonly accepted?: Commit
  /** Of a run that is resumed. */
  readonly recorded?: readonly RecordedEntry[]
}

/** A run that is being executed. */
export interface LiveRun {
  readonly runId: string
  /** Settles when the end is durable; rejects when the run stopped without one and can be resumed. */
  readonly result: Promise<RunResult>
  /** Asks it to end; what is in flight is abandoned. */
  cancel(reason: string): void
  /** Stops it where it is, without an end. */
  interrupt(reason: Error): void
}

/** Starts, or goes on with, one run. Returns at once. */
export function liveRun(options: LiveRunOptions): LiveRun {
  const { parts, journal, definition, acceptedAtMs, recorded = [], accepted } = options
  const { runId } = definition
  const base = { runId, journal, store: parts.store, clock: parts.clock, acceptedAtMs, recorded }
  const port = embeddedPort(accepted === undefined ? base : { ...base, accepted })
  const cancelled = Promise.withResolvers<{ reason: string }>()
  const sources: ViewSources = { warm: (name, memoryMB) => parts.warm.count(name, memoryMB), floors: parts.floors }
  const instants = instantsOf(parts.clock, recorded.at(-1)?.atMs ?? acceptedAtMs)
  const sinceStartMs = (): number => Math.round((instants() - acceptedAtMs) * 1000) / 1000
  const warmer: Prewarmer | null =
    options.prewarm === undefined ? null : prewarmer({ ...options.prewarm, parts, runId, sources, sinceStartMs })
  const run: RunParts = {
    runId,
    budget: retryBudget(parts.clock),
    sinceStartMs,
    claimPrewarmed: (record) => warmer?.claim(record) ?? false,
    hedging: hedging({ parts, mode: options.hedge, sinceStartMs }, { definition }),
  }
  const performing: Performing = { ...options, port, run, sources, cancelled: cancelled.promise }
  let latest = initialState(definition, acceptedAtMs)
  const observer = observeRun({ parts, definition, replayed: recorded.length, prewarmer: warmer })
  const goOn = async (): Promise<RunResult> => {
    try {
      latest = await execute(port, latest, {
        perform: (action, state) => perform(action, state, performing),
        onSettled: (settled, before, after) => {
          latest = after
          observer.settled(settled, before, after)
        },
      })
      // Before the end is recorded: nothing may be sent for a run that has ended.
      port.close(OVER)
      return await finish(latest)
    } catch (error) {
      if (!isBreakage(error)) throw error
      port.close(OVER)
      return await breakRun(error)
    } finally {
      warmer?.close()
      run.hedging?.close()
      port.close(OVER)
    }
  }
  /** What is not in the records. */
  const besides = (state: RunState): Omit<StoredEnd, "error"> => ({
    prewarm: warmer?.result(state) ?? NO_PREWARM,
    ...(run.hedging === null ? {} : { lateHedges: run.hedging.result }),
  })
  const finish = async (state: RunState): Promise<RunResult> => {
    warmer?.close()
    const end = state.end!
    const more = besides(state)
    await record(end.status, { ...more, error: end.error })
    return resultOf(state, { pricing: parts.platform.pricing, ...more })
  }
  const breakRun = async (cause: unknown): Promise<RunResult> => {
    const more = besides(latest)
    const error = breakageOf(cause)
    parts.logger.warn(`run ${runId} broke: ${error.message}`)
    await record("broken", { ...more, error })
    return resultOf(latest, { pricing: parts.platform.pricing, ...more, end: { status: "broken", error } })
  }
  const record = async (status: RunResult["status"], stored: StoredEnd): Promise<void> => {
    const finishedAtMs = acceptedAtMs + latest.nowMs
    await journal.finish({ runId, status, finishedAtMs, result: JSON.stringify(stored) }).durable
    parts.emit?.({ kind: "run-finished", runId, atMs: latest.nowMs, status })
  }
  parts.emit?.({ kind: "run-started", runId, workflow: definition.workflow.name, resumed: recorded.length > 0 })
  const result = goOn()
  // Who started the run may not look at its result; the journal has it.
  result.catch(() => {})
  return {
    runId,
    result,
    cancel: (reason) => cancelled.resolve({ reason }),
    interrupt: (reason) => port.close(reason),
  }
}

/** What asking a port for an action takes. */
export interface Performing extends Pick<LiveRunOptions, "parts" | "policy" | "lastGood"> {
  readonly port: DurablePort & Pick<EmbeddedPort, "wasAsked">
  readonly run: RunParts
  readonly sources: ViewSources
  readonly cancelled: Promise<{ reason: string }>
}

/** Asks the port for one action. */
export function perform(action: Exclude<Action, FinishAction>, state: RunState, on: Performing): Pending {
  const { port, parts, run, policy, lastGood } = on
  const { clock, platform } = parts
  if (action.kind === "await-cancel") return port.run(action.key, () => on.cancelled)
  if (action.kind === "await-deadline") return port.sleep(action.key, Math.max(0, action.atMs - state.nowMs))
  if (action.kind === "decide") {
    const decide = { policy, lastGood, clock, limits: platform.limits }
    return port.run(action.key, () => decideStep(runView(state, on.sources), decide))
  }
  return port.run(action.key, (signal) => {
    const earlier = port.wasAsked(action.key) ? 1 : 0
    const context = { parts, run, state, earlier, signal }
    return action.kind === "invoke" ? invokeBatch(action, context) : invokeCall(action, context)
  })
}

/** True for what no restart can heal: a bug, or records that do not fit. */
export function isBreakage(error: unknown): boolean {
  if (!(error instanceof TrimtabError)) return true
  return error.code === "journal-mismatch" || error.code === "internal"
}

/** The error of a broken run. */
export function breakageOf(cause: unknown): RunError {
  const errorType = cause instanceof TrimtabError ? cause.code : "internal"
  return { step: "", errorType, message: messageOf(cause) }
}
