import { assertNever } from "../../base/assert-never.ts"
import { isObject } from "../../base/json.ts"
import type { InitEnd, WorkEnd } from "./instance-work.ts"

/** A failed invocation as its client and the log see it. The HTTP answer is 200 all the same. */
export interface Failure {
  readonly body: Uint8Array
  readonly errorType: string
  readonly status: "error" | "timeout" | "failure"
  readonly outOfMemory: boolean
  /** Printed before END. */
  readonly logLine?: string
}

/** The error types that the platform itself reports, as on Lambda. */
export const PLATFORM_ERRORS = {
  outOfMemory: "Runtime.OutOfMemory",
  timeout: "Sandbox.Timedout",
  exit: "Runtime.ExitError",
  tooLarge: "Function.ResponseSizeTooLarge",
} as const

/** Null when the work ended well. */
export function workFailure(end: WorkEnd, requestId: string, timeoutMs: number): Failure | null {
  switch (end.kind) {
    case "response":
      return null
    case "error":
      return reported(end.body, end.errorType)
    case "too-large":
      return ours(
        requestId,
        PLATFORM_ERRORS.tooLarge,
        `Response payload size (${end.sizeBytes} bytes) exceeded maximum allowed payload size (6291456 bytes).`,
      )
    case "exit":
      return ours(requestId, PLATFORM_ERRORS.exit, `Runtime exited with error: ${end.detail}`)
    case "timeout":
      return ours(requestId, PLATFORM_ERRORS.timeout, `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`)
    case "out-of-memory":
      return ours(requestId, PLATFORM_ERRORS.outOfMemory, "Runtime exited with error: signal: killed")
    default:
      return assertNever(end)
  }
}

export function initFailure(end: Exclude<InitEnd, { kind: "ready" }>, requestId: string): Failure {
  switch (end.kind) {
    case "error":
      return reported(end.body, end.errorType)
    case "exit":
      return ours(requestId, PLATFORM_ERRORS.exit, `Runtime exited with error: ${end.detail}`)
    case "timeout":
      return ours(requestId, PLATFORM_ERRORS.timeout, `Task timed out after ${(end.initMs / 1000).toFixed(2)} seconds`)
    case "out-of-memory":
      return ours(requestId, PLATFORM_ERRORS.outOfMemory, "Runtime exited with error: signal: killed")
    default:
      return assertNever(end)
  }
}

function ours(requestId: string, errorType: string, message: string): Failure {
  const errorMessage = `RequestId: ${requestId} Error: ${message}`
  return {
    body: Buffer.from(JSON.stringify({ errorType, errorMessage })),
    errorType,
    status: errorType === PLATFORM_ERRORS.timeout ? "timeout" : "failure",
    outOfMemory: errorType === PLATFORM_ERRORS.outOfMemory,
    logLine: `${new Date().toISOString()} ${requestId} ${message}`,
  }
}

/** What the runtime reported goes through as it is; the type is in the body, or else in the header. */
function reported(body: Uint8Array, headerType: string): Failure {
  return { body, errorType: typeIn(body) ?? (headerType || "Unhandled"), status: "error", outOfMemory: false }
}

function typeIn(body: Uint8Array): string | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"))
    const type = isObject(value) ? value["errorType"] : undefined
    return typeof type === "string" ? type : undefined
  } catch {
    return undefined
  }
}
