import { createServer, type Http2Server } from "node:http2"
import type { AddressInfo } from "node:net"
import type { Context, LoggerTransport, Serde } from "@restatedev/restate-sdk"
import { messageOf, systemCode, TrimtabError } from "../../base/errors.ts"
import type { Logger } from "../../base/logger.ts"
import type { Policy } from "../../optimization/policy.ts"
import type { StepConfig } from "../../workflow/config.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { partsOf, type EngineOptions } from "../engine.ts"
import type { EngineParts } from "../engine-parts.ts"
import { prewarmRule } from "../prewarm-rules.ts"
import { isLarge, putText } from "../spill.ts"
import { restateRun } from "./restate-run.ts"
import { parseRunRequest, RUN_HANDLER, type RunAnswer } from "./run-request.ts"
import { loadRestateSdk, type RestateSdk } from "./sdk.ts"

/** How long the server keeps the journal, the result and the key of a run that has ended, days. */
const RETENTION_DAYS = 7

/**
 * A handler that says nothing for this long is asked to stop and begun again, so it must be longer than any invocation
 * with its retries (15 minutes each, and up to 10 of waiting for a platform that is away), hours.
 */
const INACTIVITY_HOURS = 24

/** Waits of the server between attempts while a worker is away: it never gives a run up, ms. */
const RETRY_MS = { initial: 50, most: 5_000 }

export interface RestateWorkerOptions extends Pick<
  EngineOptions,
  "platform" | "store" | "clock" | "logger" | "onEvent" | "prewarm" | "hedge"
> {
  /** Name of the service, as in `serviceOf`. */
  readonly service: string
  /** `name` is what the run was started with; null for the worker's own choice. Called as in `EngineOptions`. */
  readonly policyFor: (workflow: Workflow, goal: Goal, name: string | null) => Policy
  /** Told of every run that ended here. It must not throw. */
  readonly onResult?: (result: RunResult) => void | Promise<void>
  /** 127.0.0.1 by default: whoever reaches the port can have code run. */
  readonly host?: string
  /** 0 is any free one. */
  readonly port?: number
}

/** A process that executes runs which a Restate server hands to it. */
export interface RestateWorker {
  readonly port: number
  /** Stops answering. Runs under way go on in the next worker at the same address. */
  close(): Promise<void>
}

/**
 * Serves the runs of a Restate server: HTTP/2 without TLS, to be registered with `restateClient`.
 * @throws TrimtabError `missing-package` without the SDK, `port-in-use`, `permission`
 */
export async function startRestateWorker(options: RestateWorkerOptions): Promise<RestateWorker> {
  const sdk = await loadRestateSdk()
  const { host = "127.0.0.1", port = 0 } = options
  const handle = sdk.createEndpointHandler({ services: [serviceFor(sdk, options)], logger: logTo(options.logger) })
  const server = createServer(handle)
  const sessions = new Set<{ destroy(): void }>()
  server.on("session", (session) => {
    sessions.add(session)
    session.on("close", () => sessions.delete(session))
  })
  const bound = await listen(server, host, port)
  return {
    port: bound,
    close: async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const session of sessions) session.destroy()
      await promise
    },
  }
}

function serviceFor(sdk: RestateSdk, options: RestateWorkerOptions): ReturnType<RestateSdk["service"]> {
  const parts = partsOf(options)
  const lastGood = new Map<string, StepConfig>()
  const oneOf = workflows()
  const rule = prewarmRule(options.prewarm ?? "newsvendor")
  const run = async (context: Context, body: unknown): Promise<string> => {
    const parsed = forGood(sdk, () => parseRunRequest(body))
    const request = { ...parsed, workflow: oneOf(parsed.workflow) }
    const createPolicy = (): Policy => options.policyFor(request.workflow, request.goal, request.policy)
    const policy = forGood(sdk, createPolicy)
    const result = await restateRun({
      sdk,
      context,
      service: options.service,
      request,
      parts,
      lastGood,
      policy,
      ...(rule === null ? {} : { prewarm: { policy: createPolicy(), rule } }),
      hedge: options.hedge ?? "steps",
    })
    await options.onResult?.(result)
    return answerOf(result, request.workHash, parts)
  }
  return sdk.service({
    name: options.service,
    handlers: { [RUN_HANDLER]: sdk.createServiceHandler({ output: TEXT }, run) },
    options: {
      inactivityTimeout: { hours: INACTIVITY_HOURS },
      abortTimeout: { minutes: 10 },
      journalRetention: { days: RETENTION_DAYS },
      idempotencyRetention: { days: RETENTION_DAYS },
      retryPolicy: {
        initialInterval: RETRY_MS.initial,
        maxInterval: RETRY_MS.most,
        exponentiationFactor: 2,
        // A worker may be away for long: its runs wait for it.
        maxAttempts: 2 ** 31 - 1,
        onMaxAttempts: "pause",
      },
    },
  })
}

/** Workflows kept for the runs that follow. */
const MOST_WORKFLOWS = 100

/** One object for equal workflows: graphs, plans and what else is derived from one is then kept. */
function workflows(): (workflow: Workflow) => Workflow {
  const known = new Map<string, Workflow>()
  return (workflow) => {
    const text = JSON.stringify(workflow)
    const before = known.get(text)
    if (before !== undefined) return before
    if (known.size >= MOST_WORKFLOWS) known.clear()
    known.set(text, workflow)
    return workflow
  }
}

/** What cannot be understood ends its invocation for good: no other attempt would fare better. */
function forGood<T>(sdk: RestateSdk, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new sdk.TerminalError(messageOf(error), { errorCode: 400 })
  }
}

/** The answer as text. A long result goes through the store: the server's messages end at 32 MB. */
async function answerOf(result: RunResult, workHash: string, { store, clock }: EngineParts): Promise<string> {
  const text = JSON.stringify(result)
  if (!isLarge(text)) return `{"schemaVersion":1,"workHash":"${workHash}","result":{"value":${text}}}`
  const ref = await putText(`runs/${result.runId}/result.json`, text, { store, clock })
  const answer: RunAnswer = { schemaVersion: 1, workHash, result: { ref } }
  return JSON.stringify(answer)
}

/** JSON that is text already. */
const TEXT: Serde<string> = {
  contentType: "application/json",
  serialize: (text) => Buffer.from(text),
  deserialize: (bytes) => Buffer.from(bytes).toString(),
}

async function listen(server: Http2Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once("error", reject)
  server.listen(port, host, () => resolve())
  try {
    await promise
    return (server.address() as AddressInfo).port // of a server that listens on TCP
  } catch (error) {
    const taken = systemCode(error) === "EADDRINUSE"
    const denied = systemCode(error) === "EACCES"
    throw new TrimtabError(
      taken ? "port-in-use" : denied ? "permission" : "io",
      `the worker cannot listen on ${host}:${port}: ${messageOf(error)}`,
      { where: `${host}:${port}`, fix: "give another port with --port", cause: error },
    )
  }
}

/** The SDK's own words go where the engine's go, each as one line. */
function logTo(logger: Logger): LoggerTransport {
  return ({ level }, message: unknown, ...rest: unknown[]) => {
    const line = [message, ...rest].map((part) => (part instanceof Error ? part.message : String(part))).join(" ")
    if (["warn", "error"].includes(level)) logger.warn(`restate: ${line}`)
    else logger.debug(`restate: ${line}`)
  }
}
