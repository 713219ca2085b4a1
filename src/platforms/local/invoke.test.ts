import * as sdk from "@aws-sdk/client-lambda"
import { describe, expect, it } from "vitest"
import { formatPlatformReport } from "../../protocol/platform-report.ts"
import { variantOf, type InvokeOutcome } from "../platform.ts"
import { invokeVariant } from "./invoke.ts"
import type { LambdaCalls } from "./lambda-client.ts"

const REQUEST = { variant: variantOf("mark", 512), payload: { a: 1 }, idempotencyKey: "k", repeat: 2, timeoutMs: 1000 }

const TAIL = formatPlatformReport({
  requestId: "r-1",
  durationMs: 10,
  billedMs: 10,
  memoryMB: 512,
  maxMemoryUsedMB: 60,
  details: { functionName: "mark", repeat: 2, coldStart: false, startedAtMs: 1000, endedAtMs: 1010, enforced: "none" },
})

/** A client that answers, or throws, what it is given. */
function calls(end: () => unknown): LambdaCalls {
  // Only `send` is used, and only with an InvokeCommand.
  const client = { send: async () => end() } as unknown as sdk.LambdaClient
  return { sdk, client, close: () => {} }
}

async function outcomeOf(end: () => unknown): Promise<InvokeOutcome> {
  return await invokeVariant(calls(end), REQUEST, new AbortController().signal)
}

const answer = (payload: unknown, functionError?: string): unknown => ({
  $metadata: { requestId: "r-1", httpStatusCode: 200 },
  Payload: Buffer.from(JSON.stringify(payload)),
  LogResult: Buffer.from(`START\n${TAIL}\n`).toString("base64"),
  FunctionError: functionError,
})

const thrown = (name: string, status: number, more: object = {}): never => {
  throw Object.assign(new Error("message"), { name, $metadata: { httpStatusCode: status }, ...more })
}

describe("outcomes of an Invoke call", () => {
  it("an answer is ok, with the record of its own report and the phases of the wrapper", async () => {
    const counts = { downloadBytes: 4, uploadBytes: 5, downloadObjects: 6, uploadObjects: 7, tasks: 8, processes: 1 }
    const times = { downloadMs: 1, computeMs: 2, uploadMs: 3, cold: false, replayed: false, peakProcessMB: 40 }
    const report = { ...counts, ...times }
    const outcome = await outcomeOf(() => answer({ $trimtab: { v: 1, kind: "part", report } }))
    expect(outcome).toMatchObject({ kind: "ok", record: { requestId: "r-1", repeat: 2, wrapper: report } })
  })

  it("function errors are told apart by the platform's error types", async () => {
    const failed = (errorType: string): Promise<InvokeOutcome> =>
      outcomeOf(() => answer({ errorType, errorMessage: "m" }, "Unhandled"))
    expect((await failed("Runtime.OutOfMemory")).kind).toBe("out-of-memory")
    expect((await failed("Sandbox.Timedout")).kind).toBe("timeout")
    expect(await failed("CodecError")).toMatchObject({ kind: "function-error", errorType: "CodecError", message: "m" })
  })

  it("a 429 is throttled, with its reason and when to come back", async () => {
    const more = { Reason: "ConcurrentInvocationLimitExceeded", retryAfterSeconds: "2" }
    expect(await outcomeOf(() => thrown("TooManyRequestsException", 429, more))).toEqual({
      kind: "throttled",
      reason: "ConcurrentInvocationLimitExceeded",
      retryAfterMs: 2000,
    })
  })

  it("other 4xx are refused, 5xx and broken connections are unavailable", async () => {
    expect(await outcomeOf(() => thrown("ResourceNotFoundException", 404))).toMatchObject({
      kind: "refused",
      code: "ResourceNotFoundException",
    })
    expect(await outcomeOf(() => thrown("ServiceException", 500))).toMatchObject({
      kind: "unavailable",
      mayHaveRun: true,
    })
    const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })
    const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" })
    expect(
      await outcomeOf(() => {
        throw reset
      }),
    ).toMatchObject({ kind: "unavailable", mayHaveRun: true })
    expect(
      await outcomeOf(() => {
        throw refused
      }),
    ).toMatchObject({ kind: "unavailable", mayHaveRun: false })
  })

  it("an answer without its report is not believed", async () => {
    const bare = { $metadata: { requestId: "other", httpStatusCode: 200 }, Payload: Buffer.from("{}") }
    expect(await outcomeOf(() => bare)).toMatchObject({ kind: "unavailable", mayHaveRun: true })
  })
})
