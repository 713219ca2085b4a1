import type { StepConfig } from "../workflow/config.ts"
import { mergeExport, splitExport } from "../workflow/tasks.ts"
import type { Json } from "../base/json.ts"
import { CANCEL_KEY, DEADLINE_KEY, decideKey, invokeKey, stepDeadlineKey, type AttemptId } from "./keys.ts"
import type { RunEnd, RunState, StepRun } from "./state.ts"

/** What the loop has to ask of its port now. */
export type Action = DecideAction | InvokeAction | CallAction | AwaitCancelAction | AwaitDeadlineAction | FinishAction

/** Choose the configuration of one attempt. */
export interface DecideAction {
  readonly kind: "decide"
  readonly key: string
  readonly index: number
  readonly id: AttemptId
}

/** Run a batch of parts of one attempt: one record when all of them have settled. */
export interface InvokeAction {
  readonly kind: "invoke"
  readonly key: string
  readonly index: number
  readonly id: AttemptId
  readonly config: StepConfig
  /** Parts of the whole attempt. */
  readonly partCount: number
  readonly parts: readonly PartOfAttempt[]
}

export interface PartOfAttempt {
  readonly part: number
  readonly tasks: readonly Json[]
}

/** Call an exported split or merge: an invocation of its own. */
export interface CallAction {
  readonly kind: "split" | "merge"
  readonly key: string
  readonly index: number
  readonly id: AttemptId
  /** Name of the export. */
  readonly call: string
  readonly argument: Json
}

/** Listen for a request to cancel, from the run's start to its end. */
export interface AwaitCancelAction {
  readonly kind: "await-cancel"
  readonly key: string
}

/** Wait for an instant at which the run is ended, if it has not ended by then. */
export interface AwaitDeadlineAction {
  readonly kind: "await-deadline"
  readonly key: string
  /** ms since the run's start. */
  readonly atMs: number
}

export interface FinishAction {
  readonly kind: "finish"
  readonly end: RunEnd
}

/**
 * What the last event made possible, in definition order, so that a replay asks in the same order. Pure; it looks
 * at the steps that the event moved and at nothing else: O(out-degree).
 */
export function nextActions(state: RunState): readonly Action[] {
  if (state.end !== null) return [{ kind: "finish", end: state.end }]
  const actions: Action[] = state.listening ? [] : listensOf(state)
  for (const index of state.entered) actions.push(...actionsOf(state, index))
  const next = state.undecided[0]
  if (!state.deciding && next !== undefined) {
    const id = attemptOf(state.steps[next]!)
    actions.push({ kind: "decide", key: decideKey(id), index: next, id })
  }
  return actions
}

/** What every run waits for from its start. */
function listensOf({ definition }: RunState): Action[] {
  const { goal } = definition
  const cancel: Action = { kind: "await-cancel", key: CANCEL_KEY }
  if (goal.kind !== "cost" || goal.onDeadline !== "cancel") return [cancel]
  return [cancel, { kind: "await-deadline", key: DEADLINE_KEY, atMs: goal.sloMs }]
}

/** Invoke records that an attempt of so many parts is cut into, and the parts of each. */
export function batchesOf(partCount: number, entriesPerStep: number): { batches: number; partsPerBatch: number } {
  const partsPerBatch = Math.max(1, Math.ceil(partCount / entriesPerStep))
  return { batches: Math.ceil(partCount / partsPerBatch), partsPerBatch }
}

function actionsOf(state: RunState, index: number): readonly Action[] {
  const run = state.steps[index]!
  if (run.phase === "running") return withDeadline(run, invokesOf(state, index))
  if (run.phase === "splitting") return [callOf("split", index, run)]
  if (run.phase === "merging") return [callOf("merge", index, run)]
  return []
}

/** Before them, where the run is to be ended then, the latest finish of the step as it was decided first. */
function withDeadline(run: StepRun, invokes: readonly Action[]): readonly Action[] {
  const { step, attempt, iteration, firstDecisions } = run
  const first = firstDecisions.at(-1)
  if (step.onDeadline !== "cancel" || attempt > 1 || first === undefined) return invokes
  const key = stepDeadlineKey({ step: step.name, iteration })
  return [{ kind: "await-deadline", key, atMs: first.latestFinishMs }, ...invokes]
}

function callOf(kind: "split" | "merge", index: number, run: StepRun): CallAction {
  const id = attemptOf(run)
  const call = kind === "split" ? splitExport(run.step) : mergeExport(run.step)
  if (call === null) throw new Error(`step ${run.step.name} has no ${kind} to call`)
  return { kind, key: invokeKey(id, kind), index, id, call, argument: kind === "split" ? run.input : run.results }
}

function invokesOf(state: RunState, index: number): readonly Action[] {
  const run = state.steps[index]!
  const id = attemptOf(run)
  const { config } = run.decisions.at(-1)!
  const { batches, partsPerBatch } = batchesOf(run.parts.length, state.definition.entriesPerStep)
  return Array.from({ length: batches }, (_, batch) => ({
    kind: "invoke",
    key: invokeKey(id, batch),
    index,
    id,
    config,
    partCount: run.parts.length,
    parts: run.parts.slice(batch * partsPerBatch, (batch + 1) * partsPerBatch).map((places, offset) => ({
      part: batch * partsPerBatch + offset,
      tasks: places.map((place) => run.tasks![place]!),
    })),
  }))
}

function attemptOf(run: StepRun): AttemptId {
  return { step: run.step.name, iteration: run.iteration, attempt: Math.max(1, run.attempt) }
}
