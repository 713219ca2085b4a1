import type { InvokeOutcome } from "../platforms/platform.ts"
import { variantOf, type FunctionVariant } from "../platforms/platform.ts"
import { messageOf } from "../base/errors.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import type { InvocationEntry } from "./records.ts"

/** One invocation, ready to be sent. */
export interface Sending {
  readonly step: string
  readonly call: "tasks" | "split" | "merge"
  readonly functionName: string
  readonly memoryMB: number
  readonly idempotencyKey: string
  readonly repeat: number
  readonly timeoutMs: number
  readonly tasks: number
  readonly processes: number
  /** Made when the invocation is admitted: its deadline counts from then. */
  readonly payload: () => unknown
}

export interface Sent {
  readonly outcome: InvokeOutcome
  readonly entry: InvocationEntry
}

/**
 * How long after its timeout an invocation may still answer, ms: it may wait for admission on the platform. After that
 * the platform is taken for gone.
 */
const ANSWER_MARGIN_MS = 10 * 60_000

/**
 * Sends one invocation when there is room for it. Every end is a value; it rejects only when `signal` aborts, and
 * then the answer, if one comes, is ignored.
 */
export async function send(parts: EngineParts, run: RunParts, sending: Sending, signal: AbortSignal): Promise<Sent> {
  const askedAtMs = run.sinceStartMs()
  const wait = parts.admission.enter(run.runId, signal)
  if (wait !== null) await wait
  const variant = variantOf(sending.functionName, sending.memoryMB)
  const sentAtMs = run.sinceStartMs()
  parts.load.began(variant)
  parts.warm.taken(variant)
  try {
    const outcome = await invoke(parts, sending, variant, signal)
    const times = { askedAtMs, sentAtMs, nowMs: run.sinceStartMs() }
    if ("record" in outcome) return ended(parts, run, sending, { outcome, times, variant })
    return { outcome, entry: entryWithoutRecord(sending, outcome.kind, times) }
  } finally {
    parts.load.ended(variant)
    parts.admission.release()
  }
}

interface Times {
  readonly askedAtMs: number
  readonly sentAtMs: number
  readonly nowMs: number
}

interface Ended {
  readonly outcome: InvokeOutcome & { readonly record: InvocationRecord }
  readonly times: Times
  readonly variant: FunctionVariant
}

function ended(parts: EngineParts, run: RunParts, sending: Sending, { outcome, times, variant }: Ended): Sent {
  const { record } = outcome
  // An instance that ran out of memory or time is gone.
  if (outcome.kind === "ok" || outcome.kind === "function-error") parts.warm.added(variant, 1)
  const entry = entryOf(parts, record, outcome.kind, { ...times, repeat: sending.repeat })
  const prewarmed = run.claimPrewarmed(record)
  const { step, call, tasks, processes } = sending
  parts.emit?.({
    kind: "invocation-ended",
    runId: run.runId,
    step,
    call,
    outcome: outcome.kind,
    tasks,
    processes,
    record,
  })
  return { outcome, entry: prewarmed ? { ...entry, prewarmed } : entry }
}

async function invoke(
  { platform, deadlines }: EngineParts,
  { payload, idempotencyKey, repeat, timeoutMs }: Sending,
  variant: FunctionVariant,
  signal: AbortSignal,
): Promise<InvokeOutcome> {
  const ms = timeoutMs + ANSWER_MARGIN_MS
  try {
    signal.throwIfAborted()
    const call = platform.invoke({ variant, payload: payload(), idempotencyKey, repeat, timeoutMs }, signal)
    return (await deadlines.wait(call, ms, signal)) ?? overdue(variant, ms)
  } catch (error) {
    if (signal.aborted) throw error
    // A platform that throws has a bug; the run ends with its words instead of hanging.
    return { kind: "refused", code: "PlatformError", message: messageOf(error) }
  }
}

function overdue({ functionName, qualifier }: FunctionVariant, ms: number): InvokeOutcome {
  return {
    kind: "unavailable",
    message: `invoking ${functionName}:${qualifier} took longer than ${ms} ms`,
    mayHaveRun: true,
  }
}

/** The platform's instants are trusted as distances only: its clock may differ from ours. */
function entryOf(
  { platform }: EngineParts,
  record: InvocationRecord,
  outcome: string,
  { askedAtMs, sentAtMs, nowMs, repeat }: Times & { repeat: number },
): InvocationEntry {
  const within = (ms: number, from: number): number => Math.min(Math.max(ms, from), Math.max(nowMs, from))
  const startedAtMs = within(sentAtMs + (record.startedAtMs - record.sentAtMs), sentAtMs)
  const endedAtMs = within(sentAtMs + (record.endedAtMs - record.sentAtMs), startedAtMs)
  const { wrapper } = record
  return {
    repeat,
    outcome,
    askedAtMs,
    sentAtMs,
    startedAtMs: round(startedAtMs),
    endedAtMs: round(endedAtMs),
    admissionMs: round(Math.min(Math.max(0, record.admissionWaitMs ?? 0), startedAtMs - sentAtMs)),
    cold: record.coldStart,
    initMs: record.initMs,
    downloadMs: wrapper?.downloadMs ?? 0,
    computeMs: wrapper?.computeMs ?? record.durationMs,
    uploadMs: wrapper?.uploadMs ?? 0,
    billedMs: record.billedMs,
    memoryMB: record.memoryMB,
    maxMemoryUsedMB: record.maxMemoryUsedMB,
    enforced: record.enforced ?? "none",
    meters: platform.meters(record).map(({ meter, quantity }) => [meter, quantity.toString()] as const),
  }
}

/** It never reached an instance, or we never heard of it. */
function entryWithoutRecord(sending: Sending, outcome: string, { askedAtMs, sentAtMs, nowMs }: Times): InvocationEntry {
  return {
    repeat: sending.repeat,
    outcome,
    askedAtMs,
    sentAtMs,
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    admissionMs: 0,
    cold: false,
    initMs: 0,
    downloadMs: 0,
    computeMs: 0,
    uploadMs: 0,
    billedMs: 0,
    memoryMB: sending.memoryMB,
    maxMemoryUsedMB: 0,
    enforced: "",
    meters: [],
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
