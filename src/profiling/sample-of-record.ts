import { type ValidatedSample, validateSample } from "../estimation/sample-validation.ts"
import type { InstanceSample, SampleOutcome, SampleSource } from "../estimation/sample.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"

/** Share of an invocation's time that it may wait for a core before its times say more about the machine than about it. */
const CONTENTION_LIMIT = 0.02

/** Waits this short are the scheduler's own, ms: an invocation of a few ms has no measurable contention. */
const CONTENTION_MS = 2

/** What a record does not say itself. */
export interface RecordContext {
  readonly source: SampleSource
  readonly outcome: SampleOutcome
  /** Memory that was asked for: what ran must be the same. */
  readonly memoryMB: number
  readonly processes: number
  /** Tasks of this instance. */
  readonly tasks: number
  readonly codeSha256: string
}

/**
 * One invocation as a sample for the estimator; rejected with a reason when it measures something else: another
 * size than asked for, an output that was found finished, impossible numbers.
 */
export function sampleOfRecord(record: InvocationRecord, context: RecordContext): ValidatedSample {
  if (record.memoryMB !== context.memoryMB)
    return { kind: "rejected", reason: `ran with ${record.memoryMB} MB, asked for ${context.memoryMB} MB` }
  if (record.wrapper?.replayed === true) return { kind: "rejected", reason: "the output was found finished" }
  if (context.outcome === "ok" && record.wrapper === undefined)
    return { kind: "rejected", reason: "the function did not say what it measured: it is not wrapped" }
  return validateSample(instanceSample(record, context))
}

function instanceSample(record: InvocationRecord, context: RecordContext): InstanceSample {
  const { wrapper } = record
  return {
    kind: "instance",
    atMs: record.endedAtMs,
    source: context.source,
    memoryMB: record.memoryMB,
    processes: context.processes,
    tasks: context.tasks,
    outcome: context.outcome,
    cold: record.coldStart,
    initMs: record.initMs,
    downloadMs: wrapper?.downloadMs ?? 0,
    computeMs: wrapper?.computeMs ?? 0,
    uploadMs: wrapper?.uploadMs ?? 0,
    downloadBytes: wrapper?.downloadBytes ?? 0,
    uploadBytes: wrapper?.uploadBytes ?? 0,
    downloadObjects: wrapper?.downloadObjects ?? 0,
    uploadObjects: wrapper?.uploadObjects ?? 0,
    durationMs: record.durationMs,
    billedMs: record.billedMs,
    maxMemoryUsedMB: record.maxMemoryUsedMB,
    peakProcessMB: wrapper?.peakProcessMB ?? record.maxMemoryUsedMB,
    contended: isContended(record),
    enforced: record.enforced ?? "none",
    codeSha256: context.codeSha256,
    id: record.requestId,
  }
}

/** True when the machine, not the function, decided how long it took. */
export function isContended(record: Pick<InvocationRecord, "contentionMs" | "durationMs">): boolean {
  return (record.contentionMs ?? 0) > Math.max(CONTENTION_MS, CONTENTION_LIMIT * record.durationMs)
}
