import { isObject, type Json } from "../base/json.ts"
import { ENVELOPE_VERSION, isFileRef, type PartOutput, type PrewarmOutput, type TaskError } from "./envelope.ts"
import { parseOperationReport } from "./operation-report.ts"
import type { WrapperReport } from "./wrapper-report.ts"

/** Reads the answer to a task envelope; null when it is none, as from a function that is not wrapped. */
export function parsePartOutput(payload: unknown): PartOutput | null {
  const fields = answerOf(payload, "part")
  if (fields === null) return null
  const { results, resultsRef, errors } = fields
  const report = parseWrapperReport(fields["report"])
  if (report === null || !Array.isArray(errors) || !errors.every(isTaskError)) return null
  const common = { v: ENVELOPE_VERSION, kind: "part", errors, report } as const
  if (isFileRef(resultsRef)) return { $trimtab: { ...common, resultsRef } }
  // A payload is parsed JSON, so the elements of a list in it are JSON.
  return Array.isArray(results) ? { $trimtab: { ...common, results: results as readonly Json[] } } : null
}

/** Reads the answer to a prewarm envelope; null when it is none. */
export function parsePrewarmOutput(payload: unknown): PrewarmOutput | null {
  const fields = answerOf(payload, "prewarm")
  const cold = fields?.["cold"]
  return typeof cold === "boolean" ? { $trimtab: { v: ENVELOPE_VERSION, kind: "prewarm", cold } } : null
}

/** Reads the figures of a wrapper; null unless every one is there and is a finite number. Counters are optional. */
export function parseWrapperReport(value: unknown): WrapperReport | null {
  if (!isObject(value) || typeof value["cold"] !== "boolean" || typeof value["replayed"] !== "boolean") return null
  for (const field of WRAPPER_FIGURES) if (!Number.isFinite(value[field])) return null
  if (value["operations"] !== undefined && parseOperationReport(value["operations"]) === null) return null
  // Each field of the type was checked above.
  return value as unknown as WrapperReport
}

/** The fields of a wrapper's report that are numbers. */
export const WRAPPER_FIGURES: readonly Exclude<keyof WrapperReport, "cold" | "replayed" | "operations">[] = [
  "downloadMs",
  "computeMs",
  "uploadMs",
  "downloadBytes",
  "uploadBytes",
  "downloadObjects",
  "uploadObjects",
  "tasks",
  "processes",
  "peakProcessMB",
]

function answerOf(payload: unknown, kind: string): Record<string, unknown> | null {
  const fields = isObject(payload) ? payload["$trimtab"] : undefined
  if (!isObject(fields) || fields["v"] !== ENVELOPE_VERSION || fields["kind"] !== kind) return null
  return fields
}

function isTaskError(value: unknown): value is TaskError {
  return (
    isObject(value) &&
    typeof value["task"] === "number" &&
    typeof value["errorType"] === "string" &&
    typeof value["message"] === "string"
  )
}
