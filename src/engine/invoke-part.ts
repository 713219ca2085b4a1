import type { Json } from "../base/json.ts"
import { ENVELOPE_VERSION, type TaskEnvelope, type TaskError } from "../protocol/envelope.ts"
import type { RetryRule } from "../workflow/workflow.ts"
import { send, type Sent } from "./dispatcher.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { outputKeyOf } from "./keys.ts"
import { parsePartAnswer } from "./part-answer.ts"
import { carryTasks, readResults } from "./part-payload.ts"
import type { InvocationEntry, OpenCause, PartRecord } from "./records.ts"
import { ruleVerdict, verdictOf, type Failure, type Tries } from "./retry-rules.ts"

/** One part of one attempt, or an exported split or merge. */
export interface PartCall {
  readonly step: string
  readonly kind: "tasks" | "split" | "merge"
  /** The export that is called. */
  readonly call: string
  readonly functionName: string
  readonly memoryMB: number
  readonly processes: number
  readonly part: number
  readonly partCount: number
  readonly tasks: readonly Json[]
  readonly key: string
  /** Invocations under this key before a crash. */
  readonly earlier: number
  readonly retry: readonly RetryRule[]
  readonly timeoutMs: number
}

/** The wrapper's word for a task that it did not begin because the deadline was near. */
const NOT_BEGUN = "Deadline"

/** What the part has been through, changed as it goes on. */
interface Progress {
  readonly results: Json[]
  readonly errors: TaskError[]
  readonly invocations: InvocationEntry[]
  /** Tasks without an end, by their place in the part. */
  open: readonly number[]
  openCause: OpenCause | null
  /** Raised when only some tasks are sent again: they are another payload and need another key. */
  round: number
  repeat: number
  timeouts: number
  readonly ruleUses: Map<number, number>
  readonly firstAtMs: number
}

/**
 * Brings one part to its end: sends it, and again as its outcome allows. Rejects only when `signal` aborts.
 * Retries keep the part's key (E5); a repetition of some of its tasks has a key derived from it.
 */
export async function invokePart(
  parts: EngineParts,
  run: RunParts,
  call: PartCall,
  signal: AbortSignal,
): Promise<PartRecord> {
  const progress: Progress = {
    results: call.tasks.map(() => null),
    errors: [],
    invocations: [],
    open: call.tasks.map((_, place) => place),
    openCause: null,
    round: 0,
    repeat: call.earlier,
    timeouts: 0,
    ruleUses: new Map(),
    firstAtMs: run.sinceStartMs(),
  }
  run.budget.called()
  parts.platformBudget.called()
  for (;;) {
    const waitMs = await tryOnce(parts, run, call, { progress, signal })
    if (waitMs === null) break
    if (waitMs > 0) await parts.clock.sleep(waitMs, signal)
    await takeRetry(parts, run, signal)
  }
  const { results, errors, invocations, open, openCause } = progress
  return { part: call.part, results, errors, open, openCause, invocations }
}

interface Ongoing {
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** One invocation and what follows from it: ms to wait before the next, or null when the part has its end. */
async function tryOnce(parts: EngineParts, run: RunParts, call: PartCall, on: Ongoing): Promise<number | null> {
  const { progress, signal } = on
  const key = progress.round === 0 ? call.key : `${call.key}.${progress.round}`
  const sent = await sendPart(parts, run, call, { ...on, key })
  if (sent === null) return failOpen(progress, "StoreFailed", "the tasks could not be written to the store")
  progress.invocations.push(sent.entry)
  const { outcome } = sent
  if (outcome.kind !== "ok") return afterFailure(outcome, key, call, { progress, run })
  const answer = parsePartAnswer(outcome.payload)
  if (answer === null) {
    const message = "the function answered something that is no answer of the wrapper"
    return failOpen(progress, "BadAnswer", message)
  }
  const results = await readResults(parts, answer.results, signal)
  if (results === null) {
    const message = "the results could not be read from the store"
    return afterFailure({ kind: "unavailable", message, mayHaveRun: true }, key, call, { progress, run })
  }
  return afterAnswer(results, answer.errors, call, { progress, run })
}

async function sendPart(
  parts: EngineParts,
  run: RunParts,
  call: PartCall,
  { progress, signal, key }: Ongoing & { key: string },
): Promise<Sent | null> {
  const tasks =
    progress.open.length === call.tasks.length ? call.tasks : progress.open.map((place) => call.tasks[place]!)
  const carried = await carryTasks(parts, key, tasks, signal)
  if (carried === null) return null
  const { processes, part, partCount, timeoutMs } = call
  const payload = (): TaskEnvelope => ({
    $trimtab: {
      v: ENVELOPE_VERSION,
      key,
      repeat: progress.repeat,
      part: [part, partCount],
      processes,
      call: call.call,
      // A split only hands files on.
      ...(call.kind === "split" ? { files: "leave" as const } : {}),
      ...carried,
      outputKey: outputKeyOf(key),
      deadlineMs: Math.round(parts.platform.clock.nowMs() + timeoutMs),
    },
  })
  const { step, kind, functionName, memoryMB } = call
  const size = { functionName, memoryMB, timeoutMs, processes, tasks: tasks.length }
  return send(parts, run, { step, call: kind, ...size, idempotencyKey: key, repeat: progress.repeat, payload }, signal)
}

function afterFailure(
  failure: Failure,
  key: string,
  call: PartCall,
  { progress, run }: { progress: Progress; run: RunParts },
): number | null {
  if (failure.kind === "timeout") progress.timeouts++
  const verdict = verdictOf(failure, key, triesOf(progress, run), call.retry)
  if (verdict.kind === "fail") return failOpen(progress, verdict.errorType, verdict.message)
  if (verdict.kind === "grow") {
    progress.openCause = verdict.cause
    return null
  }
  useRule(progress, verdict.rule)
  progress.repeat++
  return verdict.waitMs
}

/** Sorts the tasks of an answer into done, failed for good, and to be sent again. */
function afterAnswer(
  results: readonly Json[],
  errors: readonly TaskError[],
  call: PartCall,
  { progress, run }: { progress: Progress; run: RunParts },
): number | null {
  const errorOf = new Map(errors.map((error) => [error.task, error]))
  const tries = triesOf(progress, run)
  const again: number[] = []
  const used = new Set<number>()
  let waitMs = 0
  let late = 0
  progress.open.forEach((place, i) => {
    const error = errorOf.get(i)
    const verdict = error === undefined ? null : ruleVerdict(error.errorType, `${call.key}/${place}`, tries, call.retry)
    if (error === undefined) progress.results[place] = results[i] ?? null
    else if (error.errorType === NOT_BEGUN) late++
    else if (verdict === null) progress.errors.push({ ...error, task: place })
    else {
      waitMs = Math.max(waitMs, verdict.waitMs)
      if (verdict.rule !== undefined) used.add(verdict.rule)
    }
    if (error !== undefined && (error.errorType === NOT_BEGUN || verdict !== null)) again.push(place)
  })
  const stuck = late === progress.open.length
  progress.open = again
  if (again.length === 0) return null
  if (stuck && ++progress.timeouts > 1) {
    progress.openCause = "timeout"
    return null
  }
  for (const rule of used) useRule(progress, rule)
  progress.round++
  progress.repeat = 0
  return waitMs
}

function failOpen(progress: Progress, errorType: string, message: string): null {
  for (const task of progress.open) progress.errors.push({ task, errorType, message })
  progress.open = []
  return null
}

function useRule(progress: Progress, rule: number | undefined): void {
  if (rule !== undefined) progress.ruleUses.set(rule, (progress.ruleUses.get(rule) ?? 0) + 1)
}

function triesOf(progress: Progress, run: RunParts): Tries {
  const { repeat, timeouts, ruleUses, firstAtMs } = progress
  return { repeat, timeouts, ruleUses, sinceFirstMs: run.sinceStartMs() - firstAtMs }
}

/** Waits until the run's and the platform's budgets have a retry to spare. */
async function takeRetry(parts: EngineParts, run: RunParts, signal: AbortSignal): Promise<void> {
  for (const budget of [run.budget, parts.platformBudget])
    for (let waitMs = budget.tryTake(); waitMs > 0; waitMs = budget.tryTake()) await parts.clock.sleep(waitMs, signal)
}
