import type { Json } from "../base/json.ts"
import { messageOf } from "../base/errors.ts"
import { mergeExport, mergeResults, splitExport, stepInput, tasksOf } from "../workflow/tasks.ts"
import { acceptedState, hasEnded, type Definition, type RunError, type RunState, type StepRun } from "./state.ts"

/** The state in which a run begins: its sources are ready. */
export function initialState(definition: Definition, startedAtWallMs: number): RunState {
  const draft = draftOf(acceptedState(definition, startedAtWallMs))
  for (let index = 0; index < draft.steps.length && draft.end === null; index++)
    if (definition.graph.parents[index]!.length === 0) makeReady(draft, index)
  return draft
}

/**
 * A copy that may be changed until it is handed out: these lists are its own; the others are shared with the state before
 * and are replaced, never changed in place.
 */
export type Draft = { -readonly [K in keyof RunState]: RunState[K] } & {
  readonly steps: StepRun[]
  entered: number[]
  undecided: number[]
}

export function draftOf(state: RunState): Draft {
  return { ...state, steps: state.steps.slice(), entered: [], undecided: state.undecided.slice() }
}

export function update(draft: Draft, index: number, change: Partial<StepRun>): void {
  draft.steps[index] = { ...draft.steps[index]!, ...change }
}

export function makeReady(draft: Draft, index: number): void {
  const { definition } = draft
  const { step } = draft.steps[index]!
  const outputs = new Map(
    definition.graph.parents[index]!.map((p) => [draft.steps[p]!.step.name, draft.steps[p]!.output]),
  )
  const input = stepInput(step, outputs, definition.input)
  const ready = { input, readyAtMs: draft.nowMs, startedAtMs: draft.nowMs, attempt: 1 }
  if (splitExport(step) === null) split(draft, index, input, ready)
  else enter(draft, index, { ...ready, phase: "splitting" })
}

export function enter(draft: Draft, index: number, change: Partial<StepRun>): void {
  update(draft, index, change)
  draft.entered.push(index)
}

/** Cuts the input into tasks; a step without any has its output already. `change` is what else is new about it. */
export function split(draft: Draft, index: number, input: Json, change: Partial<StepRun> = {}): void {
  const { step } = draft.steps[index]!
  let tasks: readonly Json[]
  try {
    tasks = tasksOf(step, input)
  } catch (error) {
    update(draft, index, change)
    failStep(draft, index, { step: step.name, errorType: "InvalidInput", message: messageOf(error) })
    return
  }
  const cut = { ...change, tasks, results: tasks.map(() => null), open: tasks.map((_, place) => place) }
  if (tasks.length > 0) {
    waitForDecision(draft, index, cut)
  } else {
    update(draft, index, cut)
    complete(draft, index)
  }
}

export function waitForDecision(draft: Draft, index: number, change: Partial<StepRun>): void {
  update(draft, index, { ...change, phase: "deciding" })
  draft.undecided.push(index)
}

/** Every task has its end: merge, then end the step. */
export function complete(draft: Draft, index: number): void {
  const run = draft.steps[index]!
  if (mergeExport(run.step) === null) finishStep(draft, index, mergeResults(run.step, run.results))
  else enter(draft, index, { phase: "merging" })
}

export function finishStep(draft: Draft, index: number, output: Json): void {
  const phase = draft.steps[index]!.errors.length === 0 ? "succeeded" : "partial"
  update(draft, index, { phase, output, endedAtMs: draft.nowMs })
  draft.left--
  const missing = draft.missing.slice()
  draft.missing = missing
  for (const child of draft.definition.graph.children[index]!) {
    if (draft.end !== null) return
    missing[child]! -= 1
    if (missing[child] === 0) makeReady(draft, child)
  }
  if (draft.left === 0 && draft.end === null)
    endRun(draft, draft.steps.some((run) => run.phase === "partial") ? "partial" : "succeeded", null)
}

export function failStep(draft: Draft, index: number, error: RunError): void {
  update(draft, index, { phase: "failed", endedAtMs: draft.nowMs })
  endRun(draft, "failed", error)
}

/** Ends the run; what has not ended is abandoned. */
export function endRun(
  draft: Draft,
  status: "succeeded" | "partial" | "failed" | "cancelled",
  error: RunError | null,
): void {
  draft.end = { status, error }
  draft.entered = []
  draft.undecided = []
  draft.steps.forEach((run, index) => {
    if (!hasEnded(run.phase)) update(draft, index, { phase: "cancelled", endedAtMs: draft.nowMs })
  })
}
