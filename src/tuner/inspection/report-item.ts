import { outcomeOf } from "../../profiling/import/log-sample.ts"
import { shown } from "../../profiling/import/report-text.ts"
import type { PlatformReport } from "../../protocol/platform-report.ts"
import type { ObservedInvocation } from "../observation.ts"
import { copyOf } from "./copy-text.ts"
import type { LoggedItem } from "./logged-item.ts"

/** Where a report stood. */
export interface ReportPlace {
  readonly source: string
  /** Null where neither the line nor the log's name says it. */
  readonly functionName: string | null
  /** When it was logged, ms since 1970: right after the invocation's end. Null where nothing says it. */
  readonly atMs: number | null
  readonly form: "report" | "event"
}

/** Before AWS Lambda there were no functions. */
const FIRST_MS = Date.UTC(2014, 10, 1)
const LAST_MS = Date.UTC(2200, 0, 1)

/** Longest invocation that is believed, ms: a day. */
const LONGEST_MS = 86_400_000

/** Names as platforms allow them. What is none of these could be meant for a terminal or a page rather than for us. */
const NAME = /^[\w$.:/@-]{1,200}$/
const ID = /^[\x21-\x7e]{1,300}$/

/** A report as an item, or why it cannot be believed. */
export function itemOfReport(report: PlatformReport, place: ReportPlace): LoggedItem {
  const { details, tracing } = report
  // What a REPORT line says is a piece of it.
  const own = place.form === "report" ? copyOf : (text: string): string => text
  const requestId = own(report.requestId)
  if (!ID.test(requestId)) return malformed(`the request id is ${shown(requestId)}`)
  const named = details?.key === undefined ? null : runAndStepOf(details.key)
  // Campaigns that measure functions have keys of their own.
  if (details?.prewarm === true || (details?.key !== undefined && named === null)) return { kind: "passed", requestId }
  const functionName = details?.functionName ?? place.functionName
  if (functionName === null) return malformed("nothing says which function it is of: name the file after it")
  if (!NAME.test(functionName)) return malformed(`the function is ${shown(functionName)}`)
  const trace = tracing?.traceId ?? (report.traceId === undefined ? undefined : own(report.traceId))
  const runIds = [named?.runId, trace].filter((id) => id !== undefined && ID.test(id)) as string[]
  const invocation: ObservedInvocation = {
    requestId,
    runId: runIds[0] ?? null,
    functionName,
    ...figuresOf(report, place.atMs),
    source: place.source,
    ...(named !== null && { step: named.step }),
    ...(tracing?.spanId !== undefined && { spanId: tracing.spanId }),
    ...(tracing?.parentId !== undefined && { calledBy: tracing.parentId }),
  }
  const reason = implausible(invocation, place)
  if (reason !== null) return malformed(reason)
  return {
    kind: "invocation",
    form: place.form,
    runIds,
    dated: details !== undefined || place.atMs !== null,
    invocation,
  }
}

function malformed(reason: string): LoggedItem {
  return { kind: "malformed", reason }
}

/** The platform's own instants; else the line was written when the invocation ended. */
function figuresOf(
  report: PlatformReport,
  atMs: number | null,
): Omit<ObservedInvocation, "requestId" | "runId" | "functionName" | "source"> {
  const { details, durationMs, billedMs, memoryMB, maxMemoryUsedMB, initMs, restoreMs } = report
  const endMs = details?.endedAtMs ?? atMs ?? 0
  return {
    memoryMB,
    startMs: details?.startedAtMs ?? Math.max(0, endMs - durationMs),
    endMs,
    durationMs,
    billedMs,
    initMs: initMs ?? restoreMs ?? 0,
    maxMemoryMB: maxMemoryUsedMB,
    outcome: outcomeOf(report),
  }
}

function implausible(invocation: ObservedInvocation, { atMs }: ReportPlace): string | null {
  const { memoryMB, durationMs, startMs, endMs, initMs } = invocation
  if (!(memoryMB > 0 && memoryMB <= 1e7)) return `memory is ${memoryMB} MB`
  if (!(durationMs <= LONGEST_MS && initMs <= LONGEST_MS)) return `duration is ${durationMs} ms`
  if (endMs < startMs) return "it ends before it starts"
  const isDated = atMs !== null || endMs > 0
  if (isDated && !(endMs >= FIRST_MS && endMs <= LAST_MS)) return `the time is ${endMs} ms since 1970`
  return null
}

/** Run and step in an idempotency key of our engine, `run/step#iteration.attempt/part`; null for any other key. */
export function runAndStepOf(key: string): { readonly runId: string; readonly step: string } | null {
  // Steps of nested workflows are named `outer.inner`.
  const match = /^([\w-]{1,64})\/([\w.-]{1,400})#\d+\.\d+\/(\d+|split|merge)$/.exec(key)
  return match === null ? null : { runId: match[1]!, step: match[2]! }
}
