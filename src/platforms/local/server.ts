import { createServer, type Server } from "node:http"
import { availableParallelism, totalmem } from "node:os"
import { join } from "node:path"
import { TrimtabError, systemCode } from "../../base/errors.ts"
import { Admission } from "./admission.ts"
import { detectLayer, type Detection } from "./enforcement/detect.ts"
import { FunctionTable } from "./function-table.ts"
import { InvokeApi } from "./invoke-api.ts"
import type { Instance } from "./instance.ts"
import { Invoker } from "./invoker.ts"
import { LogFiles } from "./log.ts"
import type { ServerOptions } from "./options.ts"
import { acceptOwnUser } from "./peer.ts"
import { Pool } from "./pool.ts"
import { Presence } from "./presence.ts"
import { startTicks } from "./proc.ts"
import { handleRequest, type Routes } from "./routes.ts"
import { readServerInfo, removeServerInfo, statePaths, writeServerInfo, type ServerInfo } from "./server-info.ts"
import { serverIdOf, sweep } from "./sweep.ts"

/** Share of the cores that instances may use; the rest is for the server and its clients. */
const CORE_SHARE = 0.9

/** Share of the machine's memory that instances may be promised. */
const MEMORY_SHARE = 0.8

let serversOfThisProcess = 0

/** The local platform's server: the AWS Lambda API on one port of 127.0.0.1, real processes behind it. */
export class LocalServer {
  readonly info: ServerInfo
  /** Resolves when it has had no client for its idle time, or was told to stop. */
  readonly abandoned: Promise<void>
  readonly #stateDir: string
  readonly #parts: Parts
  readonly #http: Server
  #closing: Promise<void> | undefined

  private constructor(stateDir: string, info: ServerInfo, running: { readonly parts: Parts; readonly http: Server }) {
    this.#stateDir = stateDir
    this.info = info
    this.#parts = running.parts
    this.#http = running.http
    this.abandoned = running.parts.presence.abandoned
  }

  /**
   * Sweeps what a killed server left, finds the layer that holds, and listens. Throws `port-in-use` when the port
   * is taken and `unsupported` when the forced layer does not hold.
   */
  static async start(options: ServerOptions): Promise<LocalServer> {
    const { stateDir } = options
    await sweep(stateDir, readServerInfo(stateDir))
    const own = serverIdOf(process.pid, startTicks(process.pid) ?? 0)
    // Only tests run several in one process.
    const serverId = serversOfThisProcess++ === 0 ? own : `${own}-t${serversOfThisProcess}`
    const detection = await detectLayer(serverId, options.enforcement)
    try {
      if (options.enforcement !== undefined && detection.layer.name !== options.enforcement)
        throw notHeld(options.enforcement, detection)
      const vcpuTotal = (CORE_SHARE * availableParallelism()) / options.vcpuScale
      const parts = assemble(options, { detection, serverId, vcpuTotal })
      let info = infoOf(options, { detection, serverId, vcpuTotal })
      const routes: Routes = { ...parts, info: () => info }
      const http = createServer((request, response) => void handleRequest(routes, request, response))
      acceptOwnUser(http)
      // Invocations last for minutes, and clients keep their connections.
      http.requestTimeout = 0
      http.keepAliveTimeout = 120_000
      info = { ...info, port: await listen(http, options.port) }
      writeServerInfo(stateDir, info)
      return new LocalServer(stateDir, info, { parts, http })
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
    const { presence, pool, logs, detection } = this.#parts
    presence.close()
    this.#http.close()
    this.#http.closeAllConnections()
    await pool.close()
    await detection.layer.close()
    await logs.close()
    if (readServerInfo(this.#stateDir)?.serverId === this.info.serverId) removeServerInfo(this.#stateDir)
  }
}

interface Parts extends Omit<Routes, "info"> {
  readonly logs: LogFiles
  readonly detection: Detection
}

interface Findings {
  readonly detection: Detection
  readonly serverId: string
  readonly vcpuTotal: number
}

function assemble(options: ServerOptions, { detection, serverId, vcpuTotal }: Findings): Parts {
  const paths = statePaths(options.stateDir)
  const table = new FunctionTable(paths.functions)
  const logs = new LogFiles(paths.logs)
  const pool = new Pool<Instance>({ keepAliveMs: options.keepAliveMs, memoryMB: (MEMORY_SHARE * totalmem()) / 2 ** 20 })
  const invoker = new Invoker({
    server: options,
    runDirectory: join(paths.run, serverId),
    layer: detection.layer,
    pool,
    admission: new Admission(vcpuTotal, options.admission),
    logs,
  })
  return {
    detection,
    logs,
    pool,
    invoker,
    invokeApi: new InvokeApi({ table, invoker, eventRetryMs: options.eventRetryMs }),
    presence: new Presence(options.idleExitMs, () => invoker.inFlight > 0),
    management: {
      table,
      concurrency: options.concurrency,
      retire: (name, version) => pool.retire((v) => v.functionName === name && v.version === version),
      end: (name) => pool.end((v) => v.functionName === name),
    },
  }
}

function infoOf(options: ServerOptions, { detection, serverId, vcpuTotal }: Findings): ServerInfo {
  return {
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
    places: detection.layer.places,
  }
}

function listen(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause) => {
      if (systemCode(cause) !== "EADDRINUSE") return reject(cause)
      return reject(
        new TrimtabError("port-in-use", `port ${port} of 127.0.0.1 is taken`, {
          where: `port ${port}`,
          fix: "choose another port, or stop the program that has it",
          cause,
        }),
      )
    })
    http.listen(port, "127.0.0.1", () => {
      const address = http.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })
}

function notHeld(wanted: string, { trials }: Detection): TrimtabError {
  return new TrimtabError("unsupported", `this machine does not hold ${wanted}: ${trials[0]?.note ?? "not tried"}`, {
    fix: "leave the choice of the layer to the platform",
  })
}
