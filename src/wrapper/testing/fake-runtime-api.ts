import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** How one invocation ended, as the function told it. */
export type FakeOutcome =
  | { readonly kind: "response"; readonly body: string }
  | { readonly kind: "error"; readonly body: string; readonly errorType: string | undefined }

/** A Runtime API for one function instance, small enough to be read at a glance. */
export interface FakeRuntimeApi {
  /** `host:port` for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  /** Hands the payload to the instance as soon as it asks for work. */
  invoke(
    payload: unknown,
    options?: { readonly deadlineMs?: number; readonly requestId?: string },
  ): Promise<FakeOutcome>
  /** Resolves when the instance asks for work for the first time. */
  readonly firstNext: Promise<void>
  /** Resolves with the body of `init/error`. */
  readonly initError: Promise<string>
  close(): Promise<void>
}

interface Waiting {
  readonly requestId: string
  readonly deadlineMs: number
  readonly body: string
}

/** Starts the server on a free port of 127.0.0.1. */
export async function fakeRuntimeApi(): Promise<FakeRuntimeApi> {
  const queue: Waiting[] = []
  const polls: ServerResponse[] = []
  const open = new Map<string, (outcome: FakeOutcome) => void>()
  const first = Promise.withResolvers<void>()
  const init = Promise.withResolvers<string>()
  let count = 0

  const match = (): void => {
    while (queue.length > 0 && polls.length > 0) {
      const { requestId, deadlineMs, body } = queue.shift()!
      polls
        .shift()!
        .writeHead(200, {
          "content-type": "application/json",
          "lambda-runtime-aws-request-id": requestId,
          "lambda-runtime-deadline-ms": String(deadlineMs),
          "lambda-runtime-invoked-function-arn": "arn:aws:lambda:local:0:function:f",
        })
        .end(body)
    }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "").replace("/2018-06-01/runtime/", "")
    if (path === "invocation/next") {
      first.resolve()
      polls.push(response)
      match()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // a request without encoding gives Buffers
    const body = Buffer.concat(chunks).toString()
    response.writeHead(202).end()
    if (path === "init/error") init.resolve(body)
    const [, requestId = "", kind] = path.split("/")
    const errorType = request.headers["lambda-runtime-function-error-type"]
    open.get(requestId)?.(
      kind === "response" ? { kind, body } : { kind: "error", body, errorType: errorType?.toString() },
    )
  }

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  // An IP server has an address with a port.
  const { port } = server.address() as AddressInfo

  return {
    address: `127.0.0.1:${port}`,
    firstNext: first.promise,
    initError: init.promise,
    invoke: async (payload, { deadlineMs = Date.now() + 30_000, requestId = `request-${++count}` } = {}) => {
      const outcome = new Promise<FakeOutcome>((resolve) => open.set(requestId, resolve))
      queue.push({ requestId, deadlineMs, body: JSON.stringify(payload) })
      match()
      return await outcome
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
