import type { Platform } from "../platforms/platform.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { InvocationEntry } from "./records.ts"

/** Instants of one invocation at the engine, ms since the run's start. */
export interface Times {
  readonly askedAtMs: number
  readonly sentAtMs: number
  readonly nowMs: number
}

/**
 * An invocation that an instance answered, as it is recorded. The platform's instants are trusted as distances only: its
 * clock may differ from ours.
 */
export function entryOf(
  platform: Platform,
  record: InvocationRecord,
  { outcome, repeat, times }: { readonly outcome: string; readonly repeat: number; readonly times: Times },
): InvocationEntry {
  const { askedAtMs, sentAtMs, nowMs } = times
  const startedAtMs = between(sentAtMs + (record.startedAtMs - record.sentAtMs), sentAtMs, nowMs)
  const endedAtMs = between(sentAtMs + (record.endedAtMs - record.sentAtMs), startedAtMs, nowMs)
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

/** One that never reached an instance, or of which we never heard. */
export function entryWithoutRecord(
  { memoryMB, repeat }: { readonly memoryMB: number; readonly repeat: number },
  outcome: string,
  { askedAtMs, sentAtMs, nowMs }: Times,
): InvocationEntry {
  return {
    repeat,
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
    memoryMB,
    maxMemoryUsedMB: 0,
    enforced: "",
    meters: [],
  }
}

/**
 * One whose part was settled by another: it is booked as if it had worked from when it was sent until now. A platform that
 * cannot stop a function bills it to its end, which is corrected when that is heard of.
 */
export function overtakenEntry(
  platform: Platform,
  {
    functionName,
    memoryMB,
    repeat,
  }: { readonly functionName: string; readonly memoryMB: number; readonly repeat: number },
  times: Times,
): InvocationEntry {
  const { sentAtMs, nowMs } = times
  const billedMs = Math.ceil(nowMs - sentAtMs)
  const record: InvocationRecord = {
    requestId: "",
    functionName,
    memoryMB,
    repeat,
    coldStart: false,
    sentAtMs,
    startedAtMs: sentAtMs,
    endedAtMs: nowMs,
    receivedAtMs: nowMs,
    initMs: 0,
    durationMs: nowMs - sentAtMs,
    billedMs,
    maxMemoryUsedMB: 0,
    enforced: "",
  }
  return entryOf(platform, record, { outcome: OVERTAKEN, repeat, times })
}

/** The outcome of an invocation whose part was settled by another one. */
export const OVERTAKEN = "overtaken"

/** Nothing starts before it was sent or ends after it was heard of. */
function between(ms: number, fromMs: number, nowMs: number): number {
  return Math.min(Math.max(ms, fromMs), Math.max(nowMs, fromMs))
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
