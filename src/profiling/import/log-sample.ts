import type { SampleOutcome } from "../../estimation/sample.ts"
import { initIsBilled, roundUpMs } from "../../pricing/billed-duration.ts"
import type { PlatformReport } from "../../protocol/platform-report.ts"
import { recordOfLog } from "../../protocol/record-of-report.ts"
import { sampleOfRecord } from "../sample-of-record.ts"
import {
  IMPORTED_CODE,
  implausible,
  sampleOfFigures,
  type IdentifiedSample,
  type ImportContext,
} from "./imported-row.ts"

export type LogSample =
  | { readonly kind: "sample"; readonly sample: IdentifiedSample }
  | { readonly kind: "bad"; readonly reason: string }
  /** A report of something else than work: a prewarm, an output that was found finished. */
  | { readonly kind: "none" }

/** A report of AWS Lambda or of the local platform as a sample. `atMs` is when it was logged. */
export function sampleOfReport(report: PlatformReport, atMs: number, context: ImportContext): LogSample {
  const outcome = outcomeOf(report)
  return report.details === undefined
    ? foreignSample(report, { atMs, outcome, context })
    : ownSample(report, outcome, context)
}

/** How an invocation ended, from Status and Error Type: neither is there when all went well, or in an old log. */
export function outcomeOf(report: PlatformReport): SampleOutcome {
  const { status, errorType, maxMemoryUsedMB, memoryMB } = report
  if (status === undefined || status === "success") return "ok"
  if (status === "timeout" || errorType === "Sandbox.Timedout") return "timeout"
  if (errorType?.includes("OutOfMemory") === true) return "out-of-memory"
  // Lambda clamps what was used to the size: a process that ended at it was killed for it.
  if (errorType === "Runtime.ExitError" && maxMemoryUsedMB >= memoryMB) return "out-of-memory"
  return "error"
}

interface Foreign {
  readonly atMs: number
  readonly outcome: SampleOutcome
  readonly context: ImportContext
}

function foreignSample(report: PlatformReport, { atMs, outcome, context }: Foreign): LogSample {
  const reason = contradiction(report)
  if (reason !== null) return { kind: "bad", reason }
  const initMs = report.initMs ?? report.restoreMs ?? 0
  const made = sampleOfFigures(
    {
      atMs,
      memoryMB: report.memoryMB,
      durationMs: report.durationMs,
      initMs,
      billedMs: billedToday(report, atMs),
      maxMemoryUsedMB: report.maxMemoryUsedMB,
      tasks: context.tasks,
      processes: context.processes,
      cold: report.initMs !== undefined || report.restoreMs !== undefined,
      outcome,
      phases: null,
      runs: null,
    },
    { id: report.requestId, source: "log", enforced: "aws-lambda", context },
  )
  return "sample" in made ? { kind: "sample", sample: made.sample } : { kind: "bad", reason: made.reason }
}

/**
 * Billed Duration by today's rule. Since 2025-08 it contains init; before, that of a zip package did not, and the
 * date of the record decides. Images always contained it, which shows in the figure.
 */
function billedToday(report: PlatformReport, atMs: number): number {
  const { initMs, durationMs, billedMs } = report
  if (initMs === undefined) return billedMs
  if (initIsBilled({ date: new Date(atMs).toISOString(), packageType: "zip" })) return billedMs
  return Math.max(billedMs, roundUpMs(initMs + durationMs))
}

/** Figures of one report that cannot be true together: a digit was lost or a line was cut and joined. */
function contradiction(report: PlatformReport): string | null {
  const { durationMs, billedMs, memoryMB, maxMemoryUsedMB, initMs = 0, restoreMs = 0 } = report
  // Rounded up to 100 ms until 2020; an init that failed is repeated, for 10 s at most.
  if (billedMs > 2 * (durationMs + initMs + restoreMs) + 10_100)
    return `Billed Duration ${billedMs} ms does not belong to Duration ${durationMs} ms`
  // What ran past its timeout is billed up to it.
  if (billedMs < 0.8 * durationMs - 1000)
    return `Billed Duration ${billedMs} ms does not belong to Duration ${durationMs} ms`
  // Lambda clamps it to the size; other platforms may see a little more before they act.
  if (maxMemoryUsedMB > 1.25 * memoryMB)
    return `Max Memory Used ${maxMemoryUsedMB} MB is above Memory Size ${memoryMB} MB`
  return null
}

function ownSample(report: PlatformReport, outcome: SampleOutcome, context: ImportContext): LogSample {
  const wrapper = report.details?.wrapper
  if (wrapper?.replayed === true || (wrapper === undefined && outcome === "ok")) return { kind: "none" }
  const record = recordOfLog(report, "")
  const reason = implausible({ ...record, atMs: record.endedAtMs }, context)
  if (reason !== null) return { kind: "bad", reason }
  const made = sampleOfRecord(record, {
    source: "log",
    outcome,
    memoryMB: record.memoryMB,
    processes: wrapper?.processes ?? context.processes,
    tasks: wrapper?.tasks ?? context.tasks,
    codeSha256: IMPORTED_CODE,
  })
  if (made.kind === "rejected") return { kind: "bad", reason: made.reason }
  // A record gives an instance sample, with the id of its request.
  return { kind: "sample", sample: { ...made.sample, id: report.requestId } as IdentifiedSample }
}
