import { isObject } from "../../base/json.ts"
import { reportOfEvent, type PlatformReport } from "../../protocol/platform-report.ts"
import { shown } from "./report-text.ts"

/** Init time of a `platform.initReport` record in ms; null when the init happened inside an invocation. */
export function initOf(record: unknown): number | null {
  if (!isObject(record) || record["phase"] === "invoke") return null
  const metrics = record["metrics"]
  const ms = isObject(metrics) ? metrics["durationMs"] : undefined
  return typeof ms === "number" && ms > 0 ? ms : null
}

const METRICS: Readonly<Record<string, keyof PlatformReport>> = {
  durationMs: "durationMs",
  billedDurationMs: "billedMs",
  memorySizeMB: "memoryMB",
  maxMemoryUsedMB: "maxMemoryUsedMB",
  initDurationMs: "initMs",
  restoreDurationMs: "restoreMs",
  billedRestoreDurationMs: "billedRestoreMs",
}

/** A `platform.report` event read strictly: a metric that is there must be a number that is understood. */
export function strictEvent(
  event: Record<string, unknown>,
): { readonly report: PlatformReport } | { readonly reason: string } {
  const record = event["record"]
  const metrics = isObject(record) ? record["metrics"] : undefined
  if (!isObject(record) || !isObject(metrics)) return { reason: "platform.report without record.metrics" }
  const report = reportOfEvent(event)
  for (const [name, value] of Object.entries(metrics)) {
    const field = METRICS[name]
    if (field === undefined && /(Ms|MB)$/.test(name)) return { reason: `${shown(name)} is no metric of a report` }
    if (field !== undefined && !(typeof value === "number" && Number.isFinite(value) && value >= 0))
      return { reason: `${name} is ${JSON.stringify(value)}` }
  }
  const absent = Object.keys(METRICS)
    .slice(0, 4)
    .filter((name) => !(name in metrics))
  if (absent.length > 0) return { reason: `${absent.join(", ")} missing` }
  if (report === null) return { reason: `requestId is ${JSON.stringify(record["requestId"]) ?? "missing"}` }
  if (isObject(record["trimtab"]) && report.details === undefined) return { reason: "its trimtab part is not whole" }
  return { report }
}
