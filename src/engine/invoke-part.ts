import type { Clock } from "../base/clock.ts"
import { ENVELOPE_VERSION, type TaskEnvelope } from "../protocol/envelope.ts"
import { send, type Sending } from "./dispatcher.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { outputKeyOf } from "./keys.ts"
import { parsePartAnswer } from "./part-answer.ts"
import { type Carried, carryTasks, fetchResults } from "./part-payload.ts"
import { afterAnswer, afterFailure, failOpen, type PartCall, type Progress } from "./part-progress.ts"
import type { PartRecord } from "./records.ts"

/**
 * The platform tells the instance its own, tighter deadline. This one only ends work whose caller is long gone, so it
 * leaves room for queues and for clocks that differ, ms.
 */
const DEADLINE_SLACK_MS = 10 * 60_000

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
  const tasks =
    progress.open.length === call.tasks.length ? call.tasks : progress.open.map((place) => call.tasks[place]!)
  // No promise where nothing is to wait for: this is on the path of every invocation.
  const carrying = carryTasks(parts, key, tasks, signal)
  const carried = carrying instanceof Promise ? await carrying : carrying
  if (carried === null) return failOpen(progress, "StoreFailed", "the tasks could not be written to the store")
  const sending = sendingOf(call, {
    key,
    carried,
    tasks: tasks.length,
    repeat: progress.repeat,
    clock: parts.platform.clock,
  })
  const sent = await send(parts, run, sending, signal)
  progress.invocations.push(sent.entry)
  const { outcome } = sent
  if (outcome.kind !== "ok") return afterFailure(outcome, key, call, { progress, run })
  const answer = parsePartAnswer(outcome.payload)
  if (answer === null) {
    const message = "the function answered something that is no answer of the wrapper"
    return failOpen(progress, "BadAnswer", message)
  }
  const results = "$ref" in answer.results ? await fetchResults(parts, answer.results, signal) : answer.results
  if (results === null) {
    const message = "the results could not be read from the store"
    return afterFailure({ kind: "unavailable", message, mayHaveRun: true }, key, call, { progress, run })
  }
  if (results.length !== progress.open.length)
    return failOpen(progress, "BadAnswer", `${results.length} results came back for ${progress.open.length} tasks`)
  return afterAnswer(results, answer.errors, call, { progress, run })
}

interface Ready {
  readonly key: string
  readonly carried: Carried
  /** Number of tasks. */
  readonly tasks: number
  readonly repeat: number
  readonly clock: Clock
}

function sendingOf(call: PartCall, { key, carried, tasks, repeat, clock }: Ready): Sending {
  const { step, kind, functionName, memoryMB, processes, part, partCount, timeoutMs } = call
  const payload = (): TaskEnvelope => ({
    $trimtab: {
      v: ENVELOPE_VERSION,
      key,
      repeat,
      part: [part, partCount],
      processes,
      call: call.call,
      // A split only hands files on.
      ...(kind === "split" ? { files: "leave" as const } : {}),
      ...carried,
      outputKey: outputKeyOf(key),
      deadlineMs: Math.round(clock.nowMs() + timeoutMs + DEADLINE_SLACK_MS),
    },
  })
  return { step, call: kind, functionName, memoryMB, timeoutMs, processes, tasks, idempotencyKey: key, repeat, payload }
}

/** Waits until the run's and the platform's budgets have a retry to spare. */
async function takeRetry(parts: EngineParts, run: RunParts, signal: AbortSignal): Promise<void> {
  for (const budget of [run.budget, parts.platformBudget])
    for (let waitMs = budget.tryTake(); waitMs > 0; waitMs = budget.tryTake()) await parts.clock.sleep(waitMs, signal)
}
