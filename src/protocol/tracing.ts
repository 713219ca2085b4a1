import { isObject } from "../base/json.ts"

/**
 * X-Ray's tracing of one invocation: AWS Lambda and the local platform hand the header `X-Amzn-Trace-Id` of a caller on
 * to the functions that it calls (the AWS SDK does so by itself), so that all of them have one trace.
 */
export interface Tracing {
  readonly traceId: string
  /** Span of the caller; absent where nobody traced it. */
  readonly parentId?: string
  /** This invocation's own span. */
  readonly spanId?: string
}

/** The name of the header, as requests carry it. */
export const TRACE_HEADER = "x-amzn-trace-id"

/** `Root=1-5f84c7a1-...;Parent=...;Sampled=1`, in any order; null where no usable root is in it. */
export function parseTraceHeader(text: string): Tracing | null {
  const fields = new Map<string, string>()
  for (const part of text.slice(0, MOST_HEADER).split(";")) {
    const equals = part.indexOf("=")
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const traceId = fields.get("Root")
  const parentId = fields.get("Parent")
  if (traceId === undefined || !ID.test(traceId)) return null
  return { traceId, ...(parentId !== undefined && ID.test(parentId) && { parentId }) }
}

/** The header that a function gets: what it calls has it as its caller. */
export function formatTraceHeader({ traceId, spanId }: Tracing): string {
  return `Root=${traceId}${spanId === undefined ? "" : `;Parent=${spanId}`};Sampled=0`
}

/** `record.tracing` of a platform event, as the Lambda Telemetry API has it. */
export function tracingRecord({ traceId, parentId, spanId }: Tracing): object {
  const parent = parentId === undefined ? "" : `;Parent=${parentId}`
  return { spanId, type: "X-Amzn-Trace-Id", value: `Root=${traceId}${parent};Sampled=0` }
}

/** Null for anything but `record.tracing` of X-Ray. */
export function parseTracing(value: unknown): Tracing | null {
  if (!isObject(value) || typeof value["value"] !== "string") return null
  const tracing = parseTraceHeader(value["value"])
  const spanId = value["spanId"]
  if (tracing === null || typeof spanId !== "string" || !ID.test(spanId)) return tracing
  return { ...tracing, spanId }
}

/** Longer headers are nobody's. */
const MOST_HEADER = 1024

const ID = /^[\w.:-]{1,128}$/
