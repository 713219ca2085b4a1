import type { Json } from "../base/json.ts"
import type { TaskError } from "../protocol/envelope.ts"
import type { RetryRule } from "../workflow/workflow.ts"
import type { RunParts } from "./engine-parts.ts"
import type { InvocationEntry, OpenCause } from "./records.ts"
import { ruleVerdict, verdictOf, type Failure, type Tries, type Verdict } from "./retry-rules.ts"

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
export interface Progress {
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

/** Of a part of which nothing has been sent. */
export function newProgress(call: PartCall, nowMs: number): Progress {
  return {
    results: call.tasks.map(() => null),
    errors: [],
    invocations: [],
    open: call.tasks.map((_, place) => place),
    openCause: null,
    round: 0,
    repeat: call.earlier,
    timeouts: 0,
    ruleUses: new Map(),
    firstAtMs: nowMs,
  }
}

export function afterFailure(
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
  return retried(progress, verdict)
}

/** After an error of the whole part that is no end of its invocation: again where a rule of the step names it. */
export function afterError(
  { errorType, message }: { readonly errorType: string; readonly message: string },
  key: string,
  call: PartCall,
  { progress, run }: { progress: Progress; run: RunParts },
): number | null {
  const verdict = ruleVerdict(errorType, key, triesOf(progress, run), call.retry)
  if (verdict === null) return failOpen(progress, errorType, message)
  return retried(progress, verdict)
}

/** Sorts the tasks of an answer into done, failed for good, and to be sent again. */
export function afterAnswer(
  results: readonly Json[],
  errors: readonly TaskError[],
  call: PartCall,
  { progress, run }: { progress: Progress; run: RunParts },
): number | null {
  // All done at once, as nearly always.
  if (errors.length === 0) return allDone(results, progress)
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
  // After a crash this round may have been sent before, too.
  progress.repeat = call.earlier
  return waitMs
}

function allDone(results: readonly Json[], progress: Progress): null {
  for (const [i, place] of progress.open.entries()) progress.results[place] = results[i] ?? null
  progress.open = []
  return null
}

function failOpen(progress: Progress, errorType: string, message: string): null {
  for (const task of progress.open) progress.errors.push({ task, errorType, message })
  progress.open = []
  return null
}

/** Counts another invocation under the same key; returns the wait before it, ms. */
function retried(progress: Progress, { waitMs, rule }: Extract<Verdict, { kind: "retry" }>): number {
  useRule(progress, rule)
  progress.repeat++
  return waitMs
}

function useRule(progress: Progress, rule: number | undefined): void {
  if (rule !== undefined) progress.ruleUses.set(rule, (progress.ruleUses.get(rule) ?? 0) + 1)
}

function triesOf(progress: Progress, run: RunParts): Tries {
  const { repeat, timeouts, ruleUses, firstAtMs } = progress
  return { repeat, timeouts, ruleUses, sinceFirstMs: run.sinceStartMs() - firstAtMs }
}
