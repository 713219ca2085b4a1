import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { availableParallelism, totalmem } from "node:os"
import { TrimtabError, messageOf, systemCode } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import { Admission } from "./admission.ts"
import { detectLayer, type Detection } from "./enforcement/detect.ts"
import { parseFunctionName } from "./function-name.ts"
import { FunctionTable } from "./function-table.ts"
import { invalid, readBody, sendError, sendJson } from "./http.ts"
import { InvokeApi } from "./invoke-api.ts"
import { Invoker } from "./invoker.ts"
import { LogFiles } from "./log.ts"
import { accountSettings, manageFunctions, type ManagementContext } from "./management-api.ts"
import type { ServerOptions } from "./options.ts"
import { Pool } from "./pool.ts"
import { Presence } from "./presence.ts"
import { startTicks } from "./proc.ts"
import { readServerInfo, removeServerInfo, statePaths, writeServerInfo, type ServerInfo } from "./server-info.ts"
import { serverIdOf, sweep } from "./sweep.ts"
import { join } from "node:path"

/** Share of the cores that instances may use; the rest is for the server and its clients. */
const CORE_SHARE = 0.9

/** Share of the machine's memory that instances may be promised. */
const MEMORY_SHARE = 0.8

/** The functions resource of the Lambda API. */
const FUNCTIONS = "/2015-03-31/functions"

let serversOfThisProcess = 0

/** The local platform's server: the AWS Lambda API on one port of 127.0.0.1, real processes behind it. */
export class LocalServer {
  readonly info: ServerInfo
  /** Resolves when it has had no client for its idle time. */
  readonly abandoned: Promise<void>
  readonly #options: ServerOptions
  readonly #detection: Detection
  readonly #http: Server
  readonly #table: FunctionTable
  readonly #logs: LogFiles
  readonly #pool: Pool
  readonly #invoker: Invoker
  readonly #invokeApi: InvokeApi
  readonly #presence: Presence
  readonly #management: ManagementContext
  #closing: Promise<void> | undefined

  private constructor(options: ServerOptions, detection: Detection, serverId: string) {
    const paths = statePaths(options.stateDir)
    const vcpuTotal = (CORE_SHARE * availableParallelism()) / options.vcpuScale
    this.#options = options
    this.#detection = detection
    this.#table = new FunctionTable(paths.functions)
    this.#logs = new LogFiles(paths.logs)
    this.#pool = new Pool({ keepAliveMs: options.keepAliveMs, memoryMB: (MEMORY_SHARE * totalmem()) / 2 ** 20 })
    this.#invoker = new Invoker({
      server: options,
      runDirectory: join(paths.run, serverId),
      layer: detection.layer,
      pool: this.#pool,
      admission: new Admission(vcpuTotal, options.admission),
      logs: this.#logs,
    })
    this.#invokeApi = new InvokeApi({ table: this.#table, invoker: this.#invoker, eventRetryMs: options.eventRetryMs })
    this.#presence = new Presence(options.idleExitMs, () => this.#invoker.inFlight > 0)
    this.abandoned = this.#presence.abandoned
    this.#management = {
      table: this.#table,
      concurrency: options.concurrency,
      retire: (name) => this.#pool.retire((v) => v.functionName === name && v.version === "$LATEST"),
      end: (name, version) =>
        this.#pool.end((v) => v.functionName === name && (version === undefined || v.version === version)),
    }
    this.#http = createServer((request, response) => void this.#handle(request, response))
    // Invocations last for minutes, and clients keep their connections.
    this.#http.requestTimeout = 0
    this.#http.keepAliveTimeout = 120_000
    this.info = {
      schemaVersion: 1,
      pid: process.pid,
      startTicks: startTicks(process.pid) ?? 0,
      serverId,
      port: options.port,
      vcpuScale: options.vcpuScale,
      mbPerVcpu: options.mbPerVcpu,
      vcpuTotal,
      concurrency: options.concurrency,
      admission: options.admission,
      initTimeoutMs: options.initTimeoutMs,
      enforcement: detection.layer.name,
      trials: detection.trials,
      directories: detection.layer.directories,
    }
  }

  /**
   * Sweeps what a killed server left, finds the layer that holds, and listens. Throws `port-in-use` when the port
   * is taken and `unsupported` when the forced layer does not hold.
   */
  static async start(options: ServerOptions): Promise<LocalServer> {
    await sweep(options.stateDir, readServerInfo(options.stateDir))
    const own = serverIdOf(process.pid, startTicks(process.pid) ?? 0)
    // Only tests run several in one process.
    const serverId = serversOfThisProcess++ === 0 ? own : `${own}-t${serversOfThisProcess}`
    const detection = await detectLayer(serverId, options.enforcement)
    if (options.enforcement !== undefined && detection.layer.name !== options.enforcement)
      throw new TrimtabError(
        "unsupported",
        `this machine does not hold ${options.enforcement}: ${detection.trials[0]?.note}`,
        {
          fix: "leave the choice of the layer to the platform",
        },
      )
    const server = new LocalServer(options, detection, serverId)
    try {
      const port = await server.#listen()
      Object.assign(server.info, { port })
      writeServerInfo(options.stateDir, server.info)
      return server
    } catch (error) {
      await detection.layer.close()
      throw error
    }
  }

  /** Ends every instance and removes what it made. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#presence.close()
    this.#http.close()
    this.#http.closeAllConnections()
    await this.#pool.close()
    await this.#detection.layer.close()
    await this.#logs.drain()
    if (readServerInfo(this.#options.stateDir)?.serverId === this.info.serverId)
      removeServerInfo(this.#options.stateDir)
  }

  #listen(): Promise<number> {
    const { port } = this.#options
    return new Promise((resolve, reject) => {
      this.#http.once("error", (error) => {
        if (systemCode(error) !== "EADDRINUSE") return reject(error)
        return reject(
          new TrimtabError("port-in-use", `port ${port} of 127.0.0.1 is taken`, {
            where: `port ${port}`,
            fix: "choose another port, or stop the program that has it",
            cause: error,
          }),
        )
      })
      this.#http.listen(port, "127.0.0.1", () => {
        const address = this.#http.address()
        resolve(typeof address === "object" && address !== null ? address.port : port)
      })
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID()
    try {
      this.#presence.seen()
      await this.#route(request, response, requestId)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else sendError(response, requestId, { status: 500, type: "ServiceException", message: messageOf(error) })
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    const segments = url.pathname.startsWith(FUNCTIONS)
      ? url.pathname
          .slice(FUNCTIONS.length + 1)
          .replace(/\/$/, "")
          .split("/")
          .map(decodeURIComponent)
      : null
    if (segments?.[1] === "invocations" && request.method === "POST") {
      const target = parseFunctionName(segments[0] ?? "", url.searchParams.get("Qualifier"))
      if (typeof target === "string") return sendError(response, requestId, invalid(target))
      return await this.#invokeApi.handle({ request, response, requestId, target })
    }
    if (url.pathname.startsWith("/trimtab/v1/")) return this.#own(request, response, requestId)
    const answer =
      url.pathname === "/2016-08-19/account-settings" || url.pathname === "/2016-08-19/account-settings/"
        ? accountSettings(this.#management)
        : segments === null
          ? null
          : await manageFunctions(this.#management, {
              method: request.method ?? "GET",
              path: segments,
              query: url.searchParams,
              body: await jsonBody(request),
            })
    if (answer === null)
      return sendError(response, requestId, {
        status: 404,
        type: "UnknownOperationException",
        message: "no such operation",
      })
    if ("error" in answer) return sendError(response, requestId, answer.error)
    return sendJson(response, answer.status, requestId, answer.body)
  }

  /** What the Lambda API has no call for: who is there, what is warm, how it is enforced. */
  #own(request: IncomingMessage, response: ServerResponse, requestId: string): void {
    switch (`${request.method} ${request.url}`) {
      case "GET /trimtab/v1/presence":
        return this.#presence.hold(response)
      case "GET /trimtab/v1/status":
        return sendJson(response, 200, requestId, {
          ...this.info,
          inFlight: this.#invoker.inFlight,
          instances: this.#pool.size,
          clients: this.#presence.count,
        })
      case "GET /trimtab/v1/warm":
        return sendJson(response, 200, requestId, { idle: this.#pool.idleCounts() })
      case "POST /trimtab/v1/stop":
        sendJson(response, 202, requestId, {})
        return this.#presence.abandon()
      default:
        return sendError(response, requestId, {
          status: 404,
          type: "UnknownOperationException",
          message: "no such operation",
        })
    }
  }
}

/** Largest body of a management request. */
const MANAGEMENT_BYTES = 1024 * 1024

async function jsonBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await readBody(request, MANAGEMENT_BYTES)
  if ("tooLarge" in body || body.bytes.byteLength === 0) return {}
  const value: unknown = JSON.parse(Buffer.from(body.bytes).toString("utf8"))
  return isObject(value) ? value : {}
}
