import { isObject } from "../../base/json.ts"
import type { LoggedNote } from "./logged-item.ts"

/**
 * Structured lines of functions themselves (Lambda's JSON log format, Powertools, our client): they tie a request to the
 * run that its caller named.
 */

const REQUEST_FIELDS = ["requestId", "function_request_id", "awsRequestId", "request_id"]

/** The surest first: a name that somebody gave the run, then the trace. */
const RUN_FIELDS = [
  "runId",
  "run_id",
  "executionId",
  "execution_id",
  "executionArn",
  "execution_arn",
  "correlation_id",
  "correlationId",
  "xray_trace_id",
  "traceId",
  "trace_id",
]

const ID = /^[\x21-\x7e]{1,300}$/

/** Null for a line that says nothing about a run. */
export function noteOf(line: Readonly<Record<string, unknown>>): LoggedNote | null {
  const requestId = textIn(line, REQUEST_FIELDS)
  if (requestId === null) return null
  const inside = line["message"]
  const runId = textIn(line, RUN_FIELDS) ?? (isObject(inside) ? textIn(inside, RUN_FIELDS) : null)
  const version = line["configVersion"] ?? (isObject(inside) ? inside["configVersion"] : undefined)
  const isVersion = typeof version === "number" && Number.isSafeInteger(version) && version >= 0
  if (runId === null && !isVersion) return null
  return {
    kind: "note",
    requestId,
    ...(runId !== null && { runId }),
    ...(isVersion && { configVersion: version }),
  }
}

function textIn(line: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = Object.hasOwn(line, name) ? line[name] : undefined
    if (typeof value === "string" && ID.test(value)) return value
  }
  return null
}
