import { ENVELOPE_VERSION, type PrewarmEnvelope } from "../../protocol/envelope.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { FunctionVariant, PrewarmOutcome } from "../platform.ts"
import { invokeVariant } from "./invoke.ts"
import type { LambdaCalls } from "./lambda-client.ts"

export interface PrewarmRequest {
  readonly lambda: LambdaCalls
  readonly variant: FunctionVariant
  readonly instances: number
  readonly timeoutMs: number
}

/** A start takes some 100 ms of CPU: so far apart may the first and the last of N starts be on one core. */
const START_MS = 150

/**
 * Warms instances with overlapping dummy invocations (P6): each holds its instance until the last one must have
 * got its own, or one instance would answer them all; a single one has nobody to wait for. Failures only lower the count.
 */
export async function prewarmVariant(request: PrewarmRequest, signal: AbortSignal): Promise<PrewarmOutcome> {
  const { lambda, variant, instances, timeoutMs } = request
  const holdMs = Math.min(START_MS * (instances - 1), 5000, timeoutMs / 2)
  const payload: PrewarmEnvelope = { $trimtab: { v: ENVELOPE_VERSION, prewarm: true, holdMs } }
  const outcomes = await Promise.all(
    Array.from({ length: instances }, () =>
      invokeVariant(lambda, { variant, payload, idempotencyKey: "prewarm", repeat: 0, timeoutMs }, signal),
    ),
  )
  const records: InvocationRecord[] = []
  for (const outcome of outcomes) if (outcome.kind === "ok") records.push(outcome.record)
  return {
    asked: instances,
    warmed: records.length,
    cold: records.filter((record) => record.coldStart).length,
    records,
  }
}
