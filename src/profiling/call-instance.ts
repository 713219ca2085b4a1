import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { SampleOutcome } from "../estimation/sample.ts"
import { type FunctionVariant, type InvokeOutcome, type Platform, variantName } from "../platforms/platform.ts"
import { ENVELOPE_VERSION, INLINE_LIMIT_BYTES, type TaskEnvelope } from "../protocol/envelope.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import { parsePartOutput } from "../protocol/parse-output.ts"
import type { Store } from "../stores/store.ts"

/** Where a campaign's invocations go. */
export interface Place {
  readonly platform: Platform
  readonly store: Store
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** One invocation of a campaign. */
export interface InstanceCall {
  readonly variant: FunctionVariant
  readonly tasks: readonly Json[]
  readonly processes: number
  readonly part: readonly [number, number]
  /** The export that is called. */
  readonly call: string
  /** Default `download`. */
  readonly files?: "download" | "leave"
  /** Unlike any other: nothing may be answered from an earlier output. */
  readonly key: string
  readonly timeoutMs: number
  /** Asks the instance to count its operations: they are in the record. */
  readonly operations?: true
}

/** How it ended: a size that cannot run the tasks is a result, not an exception. */
export interface InstanceEnd {
  readonly outcome: SampleOutcome
  readonly record: InvocationRecord
  /** In task order; empty unless `ok`. */
  readonly results: readonly Json[]
  /** Why it is not `ok`. */
  readonly message: string
}

/** Tries at a platform that throttles or does not answer; the waits between them add up to about 25 s. */
const TRIES = 8
const FIRST_WAIT_MS = 100

/** How long after its timeout an invocation may still answer, ms. */
const ANSWER_MARGIN_MS = 60_000

/**
 * Invokes one instance and reads its answer, waiting where the platform is busy.
 * @throws TrimtabError `platform-refused` or `platform-unavailable`; `packaging` for a function without the wrapper.
 */
export async function callInstance(place: Place, call: InstanceCall): Promise<InstanceEnd> {
  const carried = await carryTasks(place, call)
  for (let tried = 1; ; tried++) {
    const outcome = await invoke(place, call, { carried, repeat: tried - 1 })
    switch (outcome.kind) {
      case "ok":
        return answerOf(place, call, outcome)
      case "function-error":
        return failed("error", outcome.record, `${outcome.errorType}: ${outcome.message}`)
      case "out-of-memory":
        return failed("out-of-memory", outcome.record, `out of memory at ${call.variant.memoryMB} MB`)
      case "timeout":
        return failed("timeout", outcome.record, `did not end within ${call.timeoutMs} ms`)
      case "refused":
        throw new TrimtabError("platform-refused", `${variantName(call.variant)}: ${outcome.message}`, {
          where: variantName(call.variant),
        })
      case "throttled":
      case "unavailable":
        await waitForPlatform(place, call, { outcome, tried })
    }
  }
}

type Carried =
  | { readonly tasks: readonly Json[] }
  | { readonly tasksRef: { $ref: string; bytes: number; sha256: string } }

async function invoke(
  { platform, clock, signal }: Place,
  call: InstanceCall,
  { carried, repeat }: { carried: Carried; repeat: number },
): Promise<InvokeOutcome> {
  const payload: TaskEnvelope = {
    $trimtab: {
      v: ENVELOPE_VERSION,
      key: call.key,
      repeat,
      part: call.part,
      processes: call.processes,
      call: call.call,
      ...(call.files === undefined ? {} : { files: call.files }),
      ...carried,
      outputKey: `${call.key}/output.json`,
      deadlineMs: Math.round(clock.nowMs() + call.timeoutMs),
      ...(call.operations === true ? { operations: true } : {}),
    },
  }
  const { variant, key, timeoutMs } = call
  const deadline = new AbortController()
  const cancel = clock.after(timeoutMs + ANSWER_MARGIN_MS, () => {
    deadline.abort(new TrimtabError("timeout", `${variantName(variant)} did not answer`))
  })
  try {
    const inner = AbortSignal.any([signal, deadline.signal])
    return await platform.invoke({ variant, payload, idempotencyKey: key, repeat, timeoutMs }, inner)
  } catch (error) {
    signal.throwIfAborted()
    if (!deadline.signal.aborted) throw error
    return { kind: "unavailable", message: "it did not answer in time", mayHaveRun: true }
  } finally {
    cancel()
  }
}

async function carryTasks({ store, signal }: Place, { key, tasks }: InstanceCall): Promise<Carried> {
  const bytes = new TextEncoder().encode(JSON.stringify(tasks))
  if (bytes.length <= INLINE_LIMIT_BYTES) return { tasks }
  const info = await store.put(`${key}/tasks.json`, bytes, signal)
  return { tasksRef: { $ref: info.key, bytes: info.sizeBytes, sha256: info.sha256 } }
}

async function answerOf(
  { store, signal }: Place,
  call: InstanceCall,
  { payload, record }: InvokeOutcome & { kind: "ok" },
): Promise<InstanceEnd> {
  const answer = parsePartOutput(payload)?.$trimtab
  if (answer === undefined) {
    throw new TrimtabError("packaging", `${variantName(call.variant)} answered without the wrapper`, {
      where: variantName(call.variant),
      fix: "deploy the function again",
    })
  }
  const error = answer.errors[0]
  if (error !== undefined) return failed("error", record, `${error.errorType}: ${error.message}`)
  if (answer.resultsRef === undefined) return { outcome: "ok", record, results: answer.results ?? [], message: "" }
  const text = new TextDecoder().decode(await store.get(answer.resultsRef.$ref, undefined, signal))
  const results: Json = JSON.parse(text)
  return { outcome: "ok", record, results: isList(results) ? results : [], message: "" }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function failed(outcome: SampleOutcome, record: InvocationRecord, message: string): InstanceEnd {
  return { outcome, record, results: [], message }
}

async function waitForPlatform(
  { clock, signal }: Place,
  call: InstanceCall,
  { outcome, tried }: { outcome: InvokeOutcome & { kind: "throttled" | "unavailable" }; tried: number },
): Promise<void> {
  if (tried >= TRIES) {
    const why = outcome.kind === "throttled" ? `throttled: ${outcome.reason}` : outcome.message
    throw new TrimtabError("platform-unavailable", `${variantName(call.variant)}: ${why}`, {
      where: variantName(call.variant),
      fix: "try again when the platform has room; what was measured is kept",
      retryable: true,
    })
  }
  const leastMs = outcome.kind === "throttled" ? (outcome.retryAfterMs ?? 0) : 0
  await clock.sleep(Math.max(leastMs, FIRST_WAIT_MS * 2 ** tried), signal)
}
