import { TrimtabError } from "../base/errors.ts"
import { formatMs } from "../base/format.ts"
import { partsOf } from "../workflow/tasks.ts"
import type { Json } from "../base/json.ts"
import { parseKey, type AttemptId, type ParsedKey } from "./keys.ts"
import { canGrow, raisedFloor } from "./memory-floor.ts"
import { batchesOf } from "./next-actions.ts"
import type { Settled } from "./port.ts"
import type { CancelRecord, DecideRecord, InvokeRecord, PartRecord } from "./records.ts"
import { DEADLINE_EXCEEDED, hasEnded, toleratedErrors, type RunState, type StepRun } from "./state.ts"
import {
  beginFreed,
  complete,
  draftOf,
  endRun,
  enter,
  failStep,
  finishStep,
  split,
  update,
  waitForDecision,
  type Draft,
} from "./step-transitions.ts"

/**
 * The state after one recorded event. Pure (E2): it depends on its arguments alone and changes neither.
 * @throws TrimtabError `journal-mismatch` for a record that cannot follow this state
 */
export function apply(state: RunState, settled: Settled): RunState {
  const draft = draftOf(state)
  // The loop has asked for all that the last event made possible: `nextActions`.
  draft.deciding ||= draft.undecided.length > 0
  draft.listening = true
  draft.nowMs = Math.max(state.nowMs, settled.atMs - state.startedAtWallMs)
  const key = parseKey(settled.key)
  if (key === null) throw mismatch(settled.key, "this engine knows no such record")
  // The port hands back what a closure of this engine returned, and the journal has checked its CRC.
  if (key.kind === "cancel") endRun(draft, "cancelled", null)
  else if (key.kind === "deadline") applyDeadline(draft, key.of)
  else if (key.kind === "decide") applyDecision(draft, key.id, settled.value as DecideRecord)
  else applyInvoke(draft, key, settled.value as InvokeRecord | CancelRecord)
  beginFreed(draft)
  return draft
}

/** A deadline has come. One of a step that has ended by then, or begun another iteration, says nothing. */
function applyDeadline(draft: Draft, of: Pick<AttemptId, "step" | "iteration"> | null): void {
  const late = (step: string, message: string): void =>
    endRun(draft, "cancelled", { step, errorType: DEADLINE_EXCEEDED, message })
  if (of === null) {
    const { goal } = draft.definition
    late("", `the run had not ended by its deadline${goal.kind === "cost" ? `, ${formatMs(goal.sloMs)}` : ""}`)
    return
  }
  const run = draft.steps[indexOf(draft, { ...of, attempt: 1 })]!
  if (hasEnded(run.phase) || run.iteration !== of.iteration) return
  late(of.step, `step ${of.step} had not ended by its latest finish, ${formatMs(draft.nowMs)} after the start`)
}

function applyDecision(draft: Draft, id: AttemptId, record: DecideRecord): void {
  const index = indexOf(draft, id)
  if (draft.undecided[0] !== index) throw mismatch(id.step, "its decision came out of turn")
  draft.undecided.shift()
  draft.deciding = false
  draft.decisionMs = [...draft.decisionMs, record.decisionMs]
  const run = draft.steps[index]!
  const parts = partsOf(run.open, record.config.instances)
  const { batches } = batchesOf(parts.length, draft.definition.entriesPerStep)
  // A step starts when it is decided, or with its exported split, which comes before.
  const startedAtMs = run.invocations.length === 0 ? draft.nowMs : run.startedAtMs
  const decisions = [...run.decisions, record]
  const firstDecisions = run.attempt === 1 ? [...run.firstDecisions, record] : run.firstDecisions
  enter(draft, index, {
    phase: "running",
    decisions,
    firstDecisions,
    parts,
    open: [],
    batchesLeft: batches,
    startedAtMs,
    decidedAtMs: draft.nowMs,
  })
}

function applyInvoke(draft: Draft, key: ParsedKey & { kind: "invoke" }, value: InvokeRecord | CancelRecord): void {
  const index = indexOf(draft, key.id)
  const record = value as InvokeRecord // the value of an invoke entry
  const { iteration, attempt } = draft.steps[index]!
  if (iteration !== key.id.iteration) throw mismatch(key.id.step, "it belongs to another iteration")
  if (key.batch === "split" || key.batch === "merge") applyCall(draft, index, key.batch, record)
  else if (attempt !== key.id.attempt) throw mismatch(key.id.step, "it belongs to another attempt")
  else applyParts(draft, index, record)
}

/** An exported split or merge has ended. */
function applyCall(draft: Draft, index: number, kind: "split" | "merge", record: InvokeRecord): void {
  const run = draft.steps[index]!
  const part = record.parts[0]!
  const calls = part.invocations.map((entry) => ({
    ...entry,
    kind,
    part: 0,
    attempt: run.attempt,
    iteration: run.iteration,
  }))
  update(draft, index, { invocations: [...run.invocations, ...calls] })
  const failure = part.errors[0]
  if (failure !== undefined) {
    const message = `its ${kind} failed: ${failure.message}`
    failStep(draft, index, { step: run.step.name, errorType: failure.errorType, message })
  } else if (kind === "split") split(draft, index, part.results[0] ?? null)
  else finishStep(draft, index, part.results[0] ?? null)
}

function applyParts(draft: Draft, index: number, record: InvokeRecord): void {
  const before = draft.steps[index]!
  const { attempt, iteration } = before
  const results = before.results.slice()
  const errors = before.errors.slice()
  const open = before.open.slice()
  const invocations = before.invocations.slice()
  for (const part of record.parts) {
    const places = before.parts[part.part]
    if (places === undefined) throw mismatch(before.step.name, `it has no part ${part.part}`)
    addPart(part, places, { results, errors, open })
    for (const entry of part.invocations)
      invocations.push({ ...entry, kind: "tasks", part: part.part, attempt, iteration })
  }
  const memoryFloorMB = raisedFloor(before, record)
  const batchesLeft = before.batchesLeft - 1
  update(draft, index, { results, errors, open, invocations, memoryFloorMB, batchesLeft })
  if (overTolerance(draft, index)) return
  if (batchesLeft === 0) attemptEnded(draft, index)
}

interface Tallies {
  readonly results: Json[]
  readonly errors: StepRun["errors"][number][]
  readonly open: number[]
}

function addPart(part: PartRecord, places: readonly number[], into: Tallies): void {
  places.forEach((place, i) => {
    into.results[place] = part.results[i] ?? null
  })
  for (const error of part.errors) into.errors.push({ ...error, task: places[error.task] ?? places[0]! })
  for (const i of part.open) into.open.push(places[i]!)
}

/** All parts of an attempt have settled: what is left open gets another attempt, or becomes an error. */
function attemptEnded(draft: Draft, index: number): void {
  const run = draft.steps[index]!
  if (run.open.length === 0) {
    complete(draft, index)
  } else if (canGrow(run)) {
    waitForDecision(draft, index, { attempt: run.attempt + 1, open: run.open.toSorted((a, b) => a - b) })
  } else {
    const failure = outgrown(run)
    const errors = [...run.errors, ...run.open.map((task) => ({ task, ...failure }))]
    update(draft, index, { errors, open: [] })
    if (!overTolerance(draft, index)) complete(draft, index)
  }
}

/** Why no larger attempt is left. */
function outgrown(run: StepRun): { errorType: string; message: string } {
  const memoryMB = run.decisions.at(-1)!.config.memoryMB
  const last = run.invocations.filter((entry) => entry.iteration === run.iteration && entry.attempt === run.attempt)
  if (last.some((entry) => entry.outcome === "out-of-memory"))
    return {
      errorType: "OutOfMemory",
      message: `out of memory at ${memoryMB} MB, the largest size that was left to try`,
    }
  return { errorType: "Timeout", message: `not done within ${run.step.timeoutMs} ms at ${memoryMB} MB` }
}

/** Fails the step, and with it the run, as soon as more tasks failed than it tolerates. */
function overTolerance(draft: Draft, index: number): boolean {
  const { step, errors, tasks } = draft.steps[index]!
  if (errors.length <= toleratedErrors(step, tasks?.length ?? 0)) return false
  const { errorType, message } = errors[0]!
  failStep(draft, index, { step: step.name, errorType, message })
  return true
}

function indexOf(draft: Draft, id: AttemptId): number {
  const index = draft.definition.graph.indexOf.get(id.step)
  if (index === undefined) throw mismatch(id.step, "the workflow has no such step")
  return index
}

function mismatch(what: string, why: string): TrimtabError {
  return new TrimtabError("journal-mismatch", `record ${what} does not fit the run: ${why}`, { where: what })
}
