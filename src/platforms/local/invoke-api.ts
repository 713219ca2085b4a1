import type { IncomingMessage, ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { functionArn, type FunctionTable, type FunctionVersion } from "./function-table.ts"
import type { NamedFunction } from "./function-name.ts"
import { invalid, notFound, readBody, sendError, sendJson, type AwsError } from "./http.ts"
import type { InvokeAnswer, InvokeCall, Invoker } from "./invoker.ts"
import { parseTraceHeader, TRACE_HEADER } from "../../protocol/tracing.ts"
import { SYNC_PAYLOAD_BYTES } from "./runtime-api.ts"

/** Most bytes of an asynchronous request: 1 MB since 2025. */
export const ASYNC_PAYLOAD_BYTES: number = 1024 * 1024

/** Most bytes of a client context, in base64. */
const CLIENT_CONTEXT_BYTES = 3583

export interface InvokeApiOptions {
  readonly table: FunctionTable
  readonly invoker: Invoker
  readonly eventRetryMs: readonly [number, number]
}

export interface InvokeRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly target: NamedFunction
}

/** `POST /2015-03-31/functions/{name}/invocations`, as the AWS Lambda API documents it. */
export class InvokeApi {
  readonly #options: InvokeApiOptions

  constructor(options: InvokeApiOptions) {
    this.#options = options
  }

  async handle(call: InvokeRequest): Promise<void> {
    const { request, response, requestId, target } = call
    const type = String(request.headers["x-amz-invocation-type"] ?? "RequestResponse")
    const limit = type === "Event" ? ASYNC_PAYLOAD_BYTES : SYNC_PAYLOAD_BYTES
    const body = await readBody(request, limit)
    const version = this.#options.table.resolve(target.name, target.qualifier)
    if (version === undefined)
      return sendError(response, requestId, notFound(functionArn(target.name, target.qualifier)))
    if ("tooLarge" in body) return sendError(response, requestId, tooLarge(limit))
    const prepared = prepare(call, version, body.bytes)
    if ("error" in prepared) return sendError(response, requestId, prepared.error)
    switch (type) {
      case "DryRun":
        return sendJson(response, 204, requestId, undefined)
      case "Event":
        void this.#runLater(prepared.invoke)
        return sendJson(response, 202, requestId, undefined)
      case "RequestResponse":
        return sendAnswer(call, version, await this.#options.invoker.invoke(prepared.invoke))
      default:
        return sendError(response, requestId, invalid(`unknown invocation type ${type.slice(0, 40)}`))
    }
  }

  /** An asynchronous invocation: two further tries when it fails or is throttled. */
  async #runLater(call: InvokeCall): Promise<void> {
    for (const pauseMs of [...this.#options.eventRetryMs, null]) {
      const answer = await this.#options.invoker.invoke(call).catch(() => null)
      if (answer?.kind === "done" && !answer.failed) return
      if (pauseMs !== null) await sleep(pauseMs, undefined, { ref: false })
    }
  }
}

function prepare(
  { request, requestId, target }: InvokeRequest,
  version: FunctionVersion,
  body: Uint8Array,
): { readonly invoke: InvokeCall } | { readonly error: AwsError } {
  const payload = parseBody(body)
  if (payload === undefined)
    return {
      error: { status: 400, type: "InvalidRequestContentException", message: "Could not parse request body into json" },
    }
  const header = request.headers["x-amz-client-context"]
  const clientContext = typeof header === "string" ? readClientContext(header) : null
  if (clientContext !== null && "error" in clientContext) return clientContext
  const traced = request.headers[TRACE_HEADER]
  const caller = typeof traced === "string" ? parseTraceHeader(traced) : null
  const synchronous = (request.headers["x-amz-invocation-type"] ?? "RequestResponse") === "RequestResponse"
  const invoke: InvokeCall = {
    requestId,
    version,
    invokedArn: functionArn(target.name, target.qualifier),
    body: payload.bytes,
    payload: payload.value,
    ...(clientContext !== null && synchronous && { clientContext: clientContext.json }),
    ...(caller !== null && { caller }),
  }
  return { invoke }
}

/** The context as JSON that a header can carry: other characters than ASCII are escaped. */
function readClientContext(base64: string): { readonly json: string } | { readonly error: AwsError } {
  if (base64.length > CLIENT_CONTEXT_BYTES)
    return { error: invalid(`Client context must be at most ${CLIENT_CONTEXT_BYTES} bytes`) }
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, "base64").toString("utf8"))
    const escape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`
    return { json: JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, escape) }
  } catch {
    return { error: invalid("Client context must be valid JSON in base64") }
  }
}

/** Undefined for what is not JSON. An empty body is the event `{}`, as on Lambda. */
function parseBody(body: Uint8Array): { readonly bytes: Uint8Array; readonly value: unknown } | undefined {
  if (body.byteLength === 0) return { bytes: Buffer.from("{}"), value: {} }
  try {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    return { bytes: body, value: JSON.parse(bytes.toString("utf8")) }
  } catch {
    return undefined
  }
}

function sendAnswer(
  { request, response, requestId }: InvokeRequest,
  version: FunctionVersion,
  answer: InvokeAnswer,
): void {
  if (answer.kind === "throttled") {
    sendError(response, requestId, {
      status: 429,
      type: "TooManyRequestsException",
      message: answer.message,
      reason: "ConcurrentInvocationLimitExceeded",
      retryAfterS: 1,
    })
    return
  }
  const wantsTail = request.headers["x-amz-log-type"] === "Tail"
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": answer.body.byteLength,
    "x-amzn-requestid": requestId,
    "x-amz-executed-version": version.version,
    ...(answer.failed && { "x-amz-function-error": "Unhandled" }),
    ...(wantsTail && { "x-amz-log-result": answer.tail.toString("base64") }),
  })
  response.end(answer.body)
}

function tooLarge(limit: number): AwsError {
  const message = `Request must be smaller than ${limit} bytes for the InvokeFunction operation`
  return { status: 413, type: "RequestTooLargeException", message }
}
