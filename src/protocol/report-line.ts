/**
 * The REPORT line that AWS Lambda and the local platform print after every invocation: tab-separated
 * `Name: value` fields behind `REPORT RequestId: <id>`.
 */

/** What a REPORT line says. Absent fields were not printed. */
export interface InvocationReport {
  readonly requestId: string
  readonly durationMs: number
  readonly billedMs: number
  readonly memoryMB: number
  readonly maxMemoryUsedMB: number
  /** Only of a cold start. */
  readonly initMs?: number
  /** Only of a start from a snapshot (SnapStart). */
  readonly restoreMs?: number
  readonly billedRestoreMs?: number
  /** `timeout`, `error`, ...; absent when all went well. */
  readonly status?: string
  readonly errorType?: string
  /** X-Ray's id of the trace, the same for every function that one request made work. */
  readonly traceId?: string
}

/** One REPORT line, without a line end. */
export function formatReportLine(report: InvocationReport): string {
  const fields = [
    `REPORT RequestId: ${report.requestId}`,
    `Duration: ${report.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${report.billedMs} ms`,
    `Memory Size: ${report.memoryMB} MB`,
    `Max Memory Used: ${report.maxMemoryUsedMB} MB`,
  ]
  if (report.initMs !== undefined) fields.push(`Init Duration: ${report.initMs.toFixed(2)} ms`)
  if (report.restoreMs !== undefined) fields.push(`Restore Duration: ${report.restoreMs.toFixed(2)} ms`)
  if (report.billedRestoreMs !== undefined) fields.push(`Billed Restore Duration: ${report.billedRestoreMs} ms`)
  if (report.status !== undefined) fields.push(`Status: ${report.status}`)
  if (report.errorType !== undefined) fields.push(`Error Type: ${report.errorType}`)
  if (report.traceId !== undefined) fields.push(`XRAY TraceId: ${report.traceId}`)
  return fields.join("\t")
}

const PREFIX = "REPORT RequestId: "

/** Longer lines are not reports: the longest real one has about 400 characters. */
const MAX_LINE = 4096

/** Null for any line that is not a whole REPORT line. Unknown fields are ignored, so that new ones do no harm. */
export function parseReportLine(line: string): InvocationReport | null {
  const start = line.indexOf(PREFIX)
  if (start < 0 || line.length > MAX_LINE) return null
  const fields = new Map<string, string>()
  for (const part of line.slice(start + "REPORT ".length).split("\t")) {
    const colon = part.indexOf(": ")
    if (colon > 0) fields.set(part.slice(0, colon).trim(), part.slice(colon + 2).trim())
  }
  return reportOf(fields)
}

function reportOf(fields: ReadonlyMap<string, string>): InvocationReport | null {
  const requestId = fields.get("RequestId")
  const durationMs = quantity(fields.get("Duration"), "ms")
  const billedMs = quantity(fields.get("Billed Duration"), "ms")
  const memoryMB = quantity(fields.get("Memory Size"), "MB")
  const maxMemoryUsedMB = quantity(fields.get("Max Memory Used"), "MB")
  if (requestId === undefined || requestId === "") return null
  if (durationMs === null || billedMs === null || memoryMB === null || maxMemoryUsedMB === null) return null
  const initMs = quantity(fields.get("Init Duration"), "ms")
  const restoreMs = quantity(fields.get("Restore Duration"), "ms")
  const billedRestoreMs = quantity(fields.get("Billed Restore Duration"), "ms")
  const status = fields.get("Status")
  const errorType = fields.get("Error Type")
  const traceId = fields.get("XRAY TraceId")
  return {
    requestId,
    durationMs,
    billedMs,
    memoryMB,
    maxMemoryUsedMB,
    ...(initMs !== null && { initMs }),
    ...(restoreMs !== null && { restoreMs }),
    ...(billedRestoreMs !== null && { billedRestoreMs }),
    ...(status !== undefined && { status }),
    ...(errorType !== undefined && { errorType }),
    ...(traceId !== undefined && traceId !== "" && { traceId }),
  }
}

function quantity(text: string | undefined, unit: "ms" | "MB"): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) (ms|MB)$/.exec(text ?? "")
  if (match?.[2] !== unit) return null
  return Number(match[1])
}
