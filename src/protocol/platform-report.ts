import { isObject } from "../base/json.ts"
import { parseReportLine, type InvocationReport } from "./report-line.ts"
import { parseOperationReport } from "./operation-report.ts"
import { WRAPPER_FIGURES } from "./parse-output.ts"
import { parseTracing, tracingRecord, type Tracing } from "./tracing.ts"
import type { WrapperReport } from "./wrapper-report.ts"

/**
 * The JSON line beside REPORT: the `platform.report` event of the Lambda Telemetry API, and under `trimtab`
 * what only the local platform knows. One parser reads both kinds of line.
 */

/** What the local platform adds to a report. */
export interface PlatformDetails {
  readonly functionName: string
  readonly repeat: number
  readonly coldStart: boolean
  /** Wall instants, ms since 1970. */
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly cpuMs?: number
  readonly throttledMs?: number
  readonly contentionMs?: number
  readonly admissionWaitMs?: number
  readonly enforced?: string
  readonly wrapper?: WrapperReport
  /** Idempotency key of the envelope: it names run, step and part. */
  readonly key?: string
  /** The invocation only warmed the instance. */
  readonly prewarm?: true
}

export interface PlatformReport extends InvocationReport {
  readonly details?: PlatformDetails
  readonly tracing?: Tracing
}

/** The JSON line, without a line end. */
export function formatPlatformReport(report: PlatformReport): string {
  return JSON.stringify({
    time: new Date(report.details?.endedAtMs ?? 0).toISOString(),
    type: "platform.report",
    record: {
      requestId: report.requestId,
      status: report.status ?? "success",
      errorType: report.errorType,
      ...(report.tracing !== undefined && { tracing: tracingRecord(report.tracing) }),
      metrics: {
        durationMs: report.durationMs,
        billedDurationMs: report.billedMs,
        memorySizeMB: report.memoryMB,
        maxMemoryUsedMB: report.maxMemoryUsedMB,
        initDurationMs: report.initMs,
        restoreDurationMs: report.restoreMs,
        billedRestoreDurationMs: report.billedRestoreMs,
      },
      trimtab: report.details,
    },
  })
}

/** Null for any line that is neither a whole REPORT line nor a whole `platform.report` line. */
export function parseLogLine(line: string): PlatformReport | null {
  const text = line.trimEnd()
  return text.startsWith("{") ? parsePlatformReport(text) : parseReportLine(text)
}

/**
 * Every report in a piece of log, once per request, in order of first appearance. Where a request has both lines
 * the JSON line wins, as it says more; of several the last one, since the platform prints after the function, which
 * could print anything. A cut first line is skipped.
 */
export function parseLog(text: string): PlatformReport[] {
  const reports = new Map<string, PlatformReport>()
  for (const line of text.split("\n")) {
    const report = parseLogLine(line)
    if (report === null) continue
    const known = reports.get(report.requestId)
    if (known === undefined || report.details !== undefined || known.details === undefined)
      reports.set(report.requestId, report)
  }
  return [...reports.values()]
}

function parsePlatformReport(text: string): PlatformReport | null {
  return reportOfEvent(parseJson(text))
}

/** The report in a line that was parsed already; null for any other value. */
export function reportOfEvent(event: unknown): PlatformReport | null {
  if (!isObject(event) || event["type"] !== "platform.report") return null
  const record = event["record"]
  const metrics = isObject(record) ? record["metrics"] : undefined
  if (!isObject(record) || !isObject(metrics)) return null
  const requestId = record["requestId"]
  const durationMs = numberIn(metrics, "durationMs")
  const billedMs = numberIn(metrics, "billedDurationMs")
  const memoryMB = numberIn(metrics, "memorySizeMB")
  const maxMemoryUsedMB = numberIn(metrics, "maxMemoryUsedMB")
  if (typeof requestId !== "string" || requestId === "") return null
  if (durationMs === undefined || billedMs === undefined) return null
  if (memoryMB === undefined || maxMemoryUsedMB === undefined) return null
  const details = detailsOf(record["trimtab"])
  const tracing = parseTracing(record["tracing"])
  return {
    requestId,
    durationMs,
    billedMs,
    memoryMB,
    maxMemoryUsedMB,
    ...optional("initMs", numberIn(metrics, "initDurationMs")),
    ...optional("restoreMs", numberIn(metrics, "restoreDurationMs")),
    ...optional("billedRestoreMs", numberIn(metrics, "billedRestoreDurationMs")),
    ...(typeof record["status"] === "string" && record["status"] !== "success" && { status: record["status"] }),
    ...(typeof record["errorType"] === "string" && { errorType: record["errorType"] }),
    ...(details !== null && { details }),
    ...(tracing !== null && { tracing }),
  }
}

function detailsOf(value: unknown): PlatformDetails | null {
  if (!isObject(value)) return null
  const functionName = value["functionName"]
  const startedAtMs = numberIn(value, "startedAtMs")
  const endedAtMs = numberIn(value, "endedAtMs")
  if (typeof functionName !== "string" || startedAtMs === undefined || endedAtMs === undefined) return null
  const wrapper = wrapperReportOf(value["wrapper"])
  return {
    functionName,
    repeat: numberIn(value, "repeat") ?? 0,
    coldStart: value["coldStart"] === true,
    startedAtMs,
    endedAtMs,
    ...optional("cpuMs", numberIn(value, "cpuMs")),
    ...optional("throttledMs", numberIn(value, "throttledMs")),
    ...optional("contentionMs", numberIn(value, "contentionMs")),
    ...optional("admissionWaitMs", numberIn(value, "admissionWaitMs")),
    ...(typeof value["enforced"] === "string" && { enforced: value["enforced"] }),
    ...(wrapper !== null && { wrapper }),
    ...(typeof value["key"] === "string" && { key: value["key"] }),
    ...(value["prewarm"] === true && { prewarm: true }),
  }
}

/** The wrapper's report in foreign JSON (a log line, an answer), or null when it is not a whole one. */
export function wrapperReportOf(value: unknown): WrapperReport | null {
  if (!isObject(value)) return null
  const numbers = new Map<(typeof WRAPPER_FIGURES)[number], number>()
  for (const key of WRAPPER_FIGURES) {
    const number = numberIn(value, key)
    if (number === undefined) return null
    numbers.set(key, number)
  }
  const operations = value["operations"] === undefined ? undefined : parseOperationReport(value["operations"])
  if (operations === null) return null
  const of = (key: (typeof WRAPPER_FIGURES)[number]): number => numbers.get(key) ?? 0
  return {
    downloadMs: of("downloadMs"),
    computeMs: of("computeMs"),
    uploadMs: of("uploadMs"),
    downloadBytes: of("downloadBytes"),
    uploadBytes: of("uploadBytes"),
    downloadObjects: of("downloadObjects"),
    uploadObjects: of("uploadObjects"),
    tasks: of("tasks"),
    processes: of("processes"),
    cold: value["cold"] === true,
    replayed: value["replayed"] === true,
    peakProcessMB: of("peakProcessMB"),
    ...(operations !== undefined && { operations }),
  }
}

function optional<K extends string>(key: K, value: number | undefined): { readonly [P in K]?: number } {
  // A computed key is typed as an index signature; it is exactly K here.
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: number }
}

function numberIn(object: Record<string, unknown>, key: string): number | undefined {
  const value = object[key]
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
