import type { InvokeCommandOutput } from "@aws-sdk/client-lambda"
import { realClock } from "../../base/clock.ts"
import { messageOf } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import { parseLog, wrapperReportOf } from "../../protocol/platform-report.ts"
import { recordOfReport } from "../../protocol/record-of-report.ts"
import type { InvokeOutcome, InvokeRequest } from "../platform.ts"
import { PLATFORM_ERRORS } from "./failure.ts"
import type { LambdaCalls } from "./lambda-client.ts"

/**
 * What an answer may take beside the work itself: 60 s in the admission queue, two initialisations of 10 s, and
 * some for a busy machine. A deadline below it would invent timeouts (P2).
 */
const MARGIN_MS = 95_000

/** One Invoke call through the SDK. Every expected end is a value. */
export async function invokeVariant(
  lambda: LambdaCalls,
  request: InvokeRequest,
  signal: AbortSignal,
): Promise<InvokeOutcome> {
  const sentAtMs = realClock.nowMs()
  const startMs = realClock.monotonicMs()
  const command = new lambda.sdk.InvokeCommand({
    FunctionName: request.variant.functionName,
    Qualifier: request.variant.qualifier,
    LogType: "Tail",
    Payload: Buffer.from(JSON.stringify(request.payload ?? null)),
  })
  try {
    const answer = await lambda.client.send(command, {
      abortSignal: signal,
      requestTimeout: request.timeoutMs + MARGIN_MS,
    })
    const receivedAtMs = sentAtMs + (realClock.monotonicMs() - startMs)
    return outcomeOf(request, answer, { sentAtMs, receivedAtMs })
  } catch (error) {
    return errorOutcome(error, signal)
  }
}

interface Instants {
  readonly sentAtMs: number
  readonly receivedAtMs: number
}

function outcomeOf(request: InvokeRequest, answer: InvokeCommandOutput, instants: Instants): InvokeOutcome {
  const payload = parsePayload(answer.Payload)
  const record = recordOf(request, answer, { payload, ...instants })
  if (record === null)
    return { kind: "unavailable", message: "the answer carries no report of its invocation", mayHaveRun: true }
  if (answer.FunctionError === undefined) return { kind: "ok", payload, record }
  const errorType = stringIn(payload, "errorType") ?? answer.FunctionError
  switch (errorType) {
    case PLATFORM_ERRORS.timeout:
      return { kind: "timeout", record }
    case PLATFORM_ERRORS.outOfMemory:
      return { kind: "out-of-memory", record }
    default:
      return { kind: "function-error", errorType, message: stringIn(payload, "errorMessage") ?? "", record }
  }
}

function recordOf(
  request: InvokeRequest,
  answer: InvokeCommandOutput,
  seen: Instants & { readonly payload: unknown },
): InvocationRecord | null {
  const tail = Buffer.from(answer.LogResult ?? "", "base64").toString("utf8")
  const requestId = answer.$metadata.requestId
  const report = parseLog(tail).find((candidate) => candidate.requestId === requestId)
  if (report === undefined) return null
  const trimtab = isObject(seen.payload) ? seen.payload["$trimtab"] : undefined
  const wrapper = isObject(trimtab) ? wrapperReportOf(trimtab["report"]) : null
  return recordOfReport(report, {
    functionName: request.variant.functionName,
    repeat: request.repeat,
    sentAtMs: seen.sentAtMs,
    receivedAtMs: seen.receivedAtMs,
    ...(wrapper !== null && { wrapper }),
  })
}

/** What the SDK throws, by the fields it documents. */
function errorOutcome(error: unknown, signal: AbortSignal): InvokeOutcome {
  const message = messageOf(error)
  if (signal.aborted) return { kind: "unavailable", message: "aborted by the caller", mayHaveRun: true }
  const status = isObject(error) && isObject(error["$metadata"]) ? error["$metadata"]["httpStatusCode"] : undefined
  const name = error instanceof Error ? error.name : "Error"
  if (name === "TooManyRequestsException" || status === 429) {
    const retryAfterS = Number(stringIn(error, "retryAfterSeconds"))
    return {
      kind: "throttled",
      reason: stringIn(error, "Reason") ?? "TooManyRequests",
      ...(retryAfterS > 0 && { retryAfterMs: retryAfterS * 1000 }),
    }
  }
  if (typeof status === "number" && status >= 400 && status < 500) return { kind: "refused", code: name, message }
  return { kind: "unavailable", message, mayHaveRun: !neverSent(error) }
}

/** Nothing was sent when the connection was refused. */
function neverSent(error: unknown): boolean {
  return isObject(error) && (error["code"] === "ECONNREFUSED" || error["code"] === "ENOTFOUND")
}

function parsePayload(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || bytes.byteLength === 0) return null
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
  try {
    return JSON.parse(text)
  } catch {
    // A runtime may answer anything; a caller then sees the text.
    return text
  }
}

function stringIn(value: unknown, key: string): string | undefined {
  const field =
    typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined
  return typeof field === "string" ? field : undefined
}
