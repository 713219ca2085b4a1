import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { Store } from "../../stores/store.ts"
import type { InvokeOutcome } from "../platform.ts"
import { partAnswer } from "./answer.ts"
import type { Call } from "./call.ts"
import type { Timeline } from "./invocation.ts"

export interface OutcomeContext {
  readonly store: Store | undefined
  readonly payloadBytes: number
}

/** What the caller of an invocation hears of its end; large results go through the store, which then is waited for. */
export function outcomeOf(
  { request, fault }: Call,
  { end, record }: Timeline,
  { store, payloadBytes }: OutcomeContext,
): InvokeOutcome | Promise<InvokeOutcome> {
  if (end.kind === "error") return { kind: "function-error", ...end.error, record }
  if (end.kind === "plain") return plainOutcome(end.payload, record, payloadBytes)
  if (end.kind !== "part") return { kind: end.kind, record }
  if (fault?.kind === "bad-answer") return { kind: "ok", payload: "\u0000 not an answer", record }
  const payload = partAnswer(end.output, end.report, { store, key: request.idempotencyKey })
  if (!(payload instanceof Promise)) return { kind: "ok", payload, record }
  return payload.then(
    (made): InvokeOutcome => ({ kind: "ok", payload: made, record }),
    (error: unknown): InvokeOutcome => ({ kind: "function-error", errorType: "io", message: String(error), record }),
  )
}

function plainOutcome(payload: unknown, record: InvocationRecord, limitBytes: number): InvokeOutcome {
  if (!isOver(payload, limitBytes)) return { kind: "ok", payload, record }
  const message = `Response payload size exceeded maximum allowed payload size (${limitBytes} bytes).`
  return { kind: "function-error", errorType: "Function.ResponseSizeTooLarge", message, record }
}

/** True for a payload whose JSON is longer than that. */
export function isOver(payload: unknown, limitBytes: number): boolean {
  return Buffer.byteLength(JSON.stringify(payload) ?? "null") > limitBytes
}
