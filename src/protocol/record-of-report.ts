import type { InvocationRecord } from "./invocation-record.ts"
import type { PlatformReport } from "./platform-report.ts"
import type { WrapperReport } from "./wrapper-report.ts"

/** What the caller of an invocation knows and no log line says. */
export interface CallerView {
  readonly functionName: string
  readonly repeat: number
  /** Wall instants, ms since 1970. */
  readonly sentAtMs: number
  readonly receivedAtMs: number
  /** From the answer, where the log line does not carry it. */
  readonly wrapper?: WrapperReport
}

/**
 * The record of one invocation from its report and its caller's instants. Where the platform prints no instants
 * (AWS Lambda), the end is taken as the answer's arrival and the start as the end less the duration.
 */
export function recordOfReport(report: PlatformReport, caller: CallerView): InvocationRecord {
  const details = report.details
  const wrapper = details?.wrapper ?? caller.wrapper
  const endedAtMs = details?.endedAtMs ?? caller.receivedAtMs
  return {
    requestId: report.requestId,
    functionName: caller.functionName,
    memoryMB: report.memoryMB,
    repeat: caller.repeat,
    coldStart: details?.coldStart ?? report.initMs !== undefined,
    sentAtMs: caller.sentAtMs,
    startedAtMs: details?.startedAtMs ?? Math.max(caller.sentAtMs, endedAtMs - report.durationMs),
    endedAtMs,
    receivedAtMs: caller.receivedAtMs,
    initMs: report.initMs ?? report.restoreMs ?? 0,
    durationMs: report.durationMs,
    billedMs: report.billedMs,
    maxMemoryUsedMB: report.maxMemoryUsedMB,
    ...(wrapper !== undefined && { wrapper }),
    ...(details?.cpuMs !== undefined && { cpuMs: details.cpuMs }),
    ...(details?.throttledMs !== undefined && { throttledMs: details.throttledMs }),
    ...(details?.contentionMs !== undefined && { contentionMs: details.contentionMs }),
    ...(details?.admissionWaitMs !== undefined && { admissionWaitMs: details.admissionWaitMs }),
    ...(details?.enforced !== undefined && { enforced: details.enforced }),
  }
}

/** The record of an invocation that somebody else made, from the log alone: sent when it started. */
export function recordOfLog(report: PlatformReport, functionName: string): InvocationRecord {
  const details = report.details
  const startedAtMs = details?.startedAtMs ?? 0
  return recordOfReport(report, {
    functionName: details?.functionName ?? functionName,
    repeat: details?.repeat ?? 0,
    sentAtMs: startedAtMs,
    receivedAtMs: details?.endedAtMs ?? startedAtMs + report.durationMs,
  })
}

/** Share of an invocation's duration above which waiting for a core spoils a measurement. */
const CONTENDED_SHARE = 0.02

/** True when the invocation waited for a core beyond its own quota: a profile repeats such a sample. */
export function isContended(record: Pick<InvocationRecord, "contentionMs" | "durationMs">): boolean {
  return (record.contentionMs ?? 0) > CONTENDED_SHARE * record.durationMs
}
