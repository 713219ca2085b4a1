import type { Json } from "../base/json.ts"
import { messageOf } from "../base/errors.ts"
import { goesOn, isWanted } from "../workflow/condition.ts"
import { mappedTasks, mergeExport, mergeResults, splitExport, stepInput, tasksOf } from "../workflow/tasks.ts"
import {
  acceptedState,
  hasEnded,
  type Definition,
  type KeptStep,
  type RunError,
  type RunState,
  type StepRun,
} from "./state.ts"

/** The state in which a run begins: its sources are ready. */
export function initialState(definition: Definition, startedAtWallMs: number): RunState {
  const draft = draftOf(acceptedState(definition, startedAtWallMs))
  for (const [index, parents] of definition.graph.parents.entries()) if (parents.length === 0) draft.freed.push(index)
  takeOver(draft)
  beginFreed(draft)
  return draft
}

/**
 * A copy that may be changed until it is handed out: these lists are its own; the others are shared with the state before
 * and are replaced, never changed in place.
 */
export type Draft = { -readonly [K in keyof RunState]: RunState[K] } & {
  readonly steps: StepRun[]
  readonly freed: number[]
  entered: number[]
  undecided: number[]
}

export function draftOf(state: RunState): Draft {
  return { ...state, steps: state.steps.slice(), freed: [], entered: [], undecided: state.undecided.slice() }
}

export function update(draft: Draft, index: number, change: Partial<StepRun>): void {
  draft.steps[index] = { ...draft.steps[index]!, ...change }
}

/** Steps that a redrive keeps have ended before it begins. */
function takeOver(draft: Draft): void {
  const { kept } = draft.definition
  if (kept === undefined) return
  for (const [index, step] of kept.steps.entries())
    if (step?.kind === "ended") settle(draft, index, { phase: step.phase, output: step.output, keptFrom: kept.runId })
}

/**
 * Begins the steps that the event has freed, and those that these free in turn, since a step may be skipped or have no
 * tasks; and next iterations. One after the other: long chains of them must not nest. Then ends the run, if nothing is
 * left of it.
 */
export function beginFreed(draft: Draft): void {
  for (let next = draft.freed.shift(); next !== undefined && draft.end === null; next = draft.freed.shift())
    if (hasEnded(draft.steps[next]!.phase)) continue
    else if (draft.steps[next]!.iteration > 0) beginWith(draft, next, { input: draft.steps[next]!.input })
    else if (isWanted(draft.steps[next]!.step, (name) => outputOf(draft, name))) begin(draft, next)
    else settle(draft, next, { phase: "skipped", readyAtMs: draft.nowMs, startedAtMs: draft.nowMs })
  draft.freed.length = 0
  if (draft.left === 0 && draft.end === null)
    endRun(draft, draft.steps.some((run) => run.phase === "partial") ? "partial" : "succeeded", null)
}

/** Undefined where the step was skipped. */
function outputOf(draft: Draft, name: string): Json | undefined {
  const run = draft.steps[draft.definition.graph.indexOf.get(name) ?? -1]
  return run === undefined || run.phase === "skipped" ? undefined : run.output
}

function begin(draft: Draft, index: number): void {
  const { step } = draft.steps[index]!
  const { kept } = draft.definition
  const before = kept?.steps[index]
  if (kept !== undefined && before?.kind === "tasks") {
    goOn(draft, index, { ...before, keptFrom: kept.runId })
    return
  }
  const outputs = new Map<string, Json>()
  const skipped = new Set<string>()
  for (const parent of step.after) {
    const output = outputOf(draft, parent)
    if (output === undefined) skipped.add(parent)
    else outputs.set(parent, output)
  }
  const input = stepInput(step, outputs, draft.definition.input, skipped)
  beginWith(draft, index, { input, readyAtMs: draft.nowMs, startedAtMs: draft.nowMs, attempt: 1 })
}

/** Goes on with a step of another run: only the open tasks are run. */
function goOn(draft: Draft, index: number, kept: Extract<KeptStep, { kind: "tasks" }> & { keptFrom: string }): void {
  const { kind: _, ...rest } = kept
  const change = { ...rest, readyAtMs: draft.nowMs, startedAtMs: draft.nowMs, attempt: 1 }
  if (kept.open.length > 0) {
    waitForDecision(draft, index, change)
  } else {
    update(draft, index, change)
    complete(draft, index)
  }
}

/** Begins an execution of a step on an input. */
function beginWith(draft: Draft, index: number, change: Partial<StepRun> & { readonly input: Json }): void {
  if (splitExport(draft.steps[index]!.step) === null) split(draft, index, change.input, change)
  else enter(draft, index, { ...change, phase: "splitting" })
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
    tasks = step.map === undefined ? tasksOf(step, input) : mappedTasks(step, step.map, outputOf(draft, step.map.step))
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

/** An execution of the step has its output: the next iteration of a loop begins, or the step ends. */
export function finishStep(draft: Draft, index: number, output: Json): void {
  const run = draft.steps[index]!
  const { loop } = run.step
  if (loop !== undefined && goesOn(loop, run.iteration + 1, output)) iterate(draft, index, output)
  else settle(draft, index, { phase: run.errors.length + run.earlierErrors === 0 ? "succeeded" : "partial", output })
}

/** The next iteration of a loop, on the output of the last one, is begun as a step is that was freed. */
function iterate(draft: Draft, index: number, output: Json): void {
  const { iteration, errors, earlierErrors } = draft.steps[index]!
  const again = { iteration: iteration + 1, attempt: 1, errors: [], earlierErrors: earlierErrors + errors.length }
  update(draft, index, { ...again, phase: "waiting", input: output })
  draft.freed.push(index)
}

/** The step has ended: frees the children of which it was the last parent. */
function settle(draft: Draft, index: number, change: Partial<StepRun>): void {
  update(draft, index, { ...change, endedAtMs: draft.nowMs })
  draft.left--
  const missing = draft.missing.slice()
  draft.missing = missing
  for (const child of draft.definition.graph.children[index]!) {
    missing[child]! -= 1
    if (missing[child] === 0) draft.freed.push(child)
  }
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
