import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { readBody, type Body } from "./http.ts"
import { acceptOwnUser } from "./peer.ts"

/** What an instance is asked to do. */
export interface RuntimeEvent {
  readonly requestId: string
  readonly body: Uint8Array
  /** Wall time, ms since 1970. */
  readonly deadlineMs: number
  readonly invokedArn: string
  readonly traceId: string
  /** JSON, as the client sent it. */
  readonly clientContext?: string
}

/** What an instance says. */
export interface RuntimeListener {
  /** It asks for work: initialised, and done with what it had. */
  next(): void
  response(requestId: string, body: Body): void
  error(requestId: string, body: Uint8Array, errorType: string): void
  initError(body: Uint8Array, errorType: string): void
}

/** Most bytes an answer may have: 6 MB. */
export const SYNC_PAYLOAD_BYTES: number = 6 * 1024 * 1024

const PREFIX = "/2018-06-01/runtime/"

/**
 * The Lambda Runtime API for one instance, on a loopback port of its own: AWS_LAMBDA_RUNTIME_API carries no
 * instance id, so the port is the identity.
 */
export class RuntimeApi {
  readonly #server: Server
  readonly #listener: RuntimeListener
  /** The long poll that waits for work. */
  #waiting: ServerResponse | null = null
  #current: string | null = null

  private constructor(listener: RuntimeListener) {
    this.#listener = listener
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
    acceptOwnUser(this.#server)
    // A frozen instance keeps its connection for minutes.
    this.#server.requestTimeout = 0
    this.#server.keepAliveTimeout = 0
  }

  static async open(listener: RuntimeListener): Promise<RuntimeApi> {
    const api = new RuntimeApi(listener)
    await new Promise<void>((resolve, reject) => {
      api.#server.once("error", reject)
      api.#server.listen(0, "127.0.0.1", resolve)
    })
    return api
  }

  /** `127.0.0.1:<port>`. */
  get address(): string {
    const address = this.#server.address()
    return typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : ""
  }

  get isWaiting(): boolean {
    return this.#waiting !== null
  }

  /** Hands an event to the waiting instance. */
  deliver(event: RuntimeEvent): void {
    const response = this.#waiting
    if (response === null) throw new Error("the instance does not wait for work")
    this.#waiting = null
    this.#current = event.requestId
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": event.body.byteLength,
      "lambda-runtime-aws-request-id": event.requestId,
      "lambda-runtime-deadline-ms": String(Math.round(event.deadlineMs)),
      "lambda-runtime-invoked-function-arn": event.invokedArn,
      "lambda-runtime-trace-id": event.traceId,
      ...(event.clientContext !== undefined && { "lambda-runtime-client-context": event.clientContext }),
    })
    response.end(event.body)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ""
    if (request.method === "GET" && path === `${PREFIX}invocation/next`) {
      this.#wait(response)
      return
    }
    const body = await readBody(request, SYNC_PAYLOAD_BYTES)
    const errorType = String(request.headers["lambda-runtime-function-error-type"] ?? "")
    const bytes = "tooLarge" in body ? new Uint8Array() : body.bytes
    if (request.method === "POST" && path === `${PREFIX}init/error`) {
      accept(response)
      this.#listener.initError(bytes, errorType)
      return
    }
    const match = /^invocation\/([^/]+)\/(response|error)$/.exec(
      path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "",
    )
    if (request.method !== "POST" || match === null) {
      answer(response, 404, "InvalidPath")
      return
    }
    if (match[1] !== this.#current) {
      answer(response, 400, "InvalidRequestID")
      return
    }
    const requestId = this.#current
    this.#current = null
    if ("tooLarge" in body) answer(response, 413, "RequestEntityTooLarge")
    else accept(response)
    if (match[2] === "response") this.#listener.response(requestId, body)
    else this.#listener.error(requestId, bytes, errorType)
  }

  #wait(response: ServerResponse): void {
    this.#waiting?.destroy()
    this.#waiting = response
    response.on("close", () => {
      if (this.#waiting === response) this.#waiting = null
    })
    this.#listener.next()
  }
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { "content-type": "application/json" })
  response.end('{"status":"OK"}')
}

function answer(response: ServerResponse, status: number, errorType: string): void {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify({ errorType, errorMessage: errorType }))
}
