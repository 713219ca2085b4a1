import { spawn } from "node:child_process"
import { mkdirSync, openSync } from "node:fs"
import { request, Agent } from "node:http"
import { dirname, extname } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { TrimtabError, type ErrorCode } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import { serverArguments } from "./arguments.ts"
import type { ServerOptions } from "./options.ts"
import { askServerInfo, isRunning, readServerInfo, statePaths, type ServerInfo } from "./server-info.ts"

/** The server of a state folder, held by us: it does not end while we live. */
export interface Connection {
  readonly info: ServerInfo
  /** One of the server's own GET calls, below `/trimtab/v1/`. */
  get(path: "status" | "warm", signal?: AbortSignal): Promise<unknown>
  /** Lets go: the server ends some time after its last client has. */
  close(): void
}

/** A server detects its layers, which takes a second or two, more on a busy machine. */
const START_TIMEOUT_MS = 60_000

/**
 * Finds the server of the state folder or starts one. One that runs with other settings is replaced when nobody
 * else uses it. Throws `platform-unavailable`, `port-in-use`, or `usage` when a used server has other settings.
 */
export async function connect(options: ServerOptions): Promise<Connection> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const running = runningServer(options.stateDir) ?? (await startServer(options))
    const connection = running === null ? null : await hold(running)
    if (connection !== null) {
      const difference = differenceOf(options, connection.info)
      if (difference === null) return connection
      await replace(connection, difference)
    }
    if (performance.now() > deadlineMs)
      throw new TrimtabError("platform-unavailable", "the local platform did not start in time", {
        where: statePaths(options.stateDir).serverLog,
        retryable: true,
      })
    await sleep(20)
  }
}

function runningServer(stateDir: string): ServerInfo | null {
  const info = readServerInfo(stateDir)
  return info !== null && isRunning(info) ? info : null
}

/** What of the wanted settings the running server does not have, as a clause; null when it serves. */
function differenceOf(wanted: ServerOptions, running: ServerInfo): string | null {
  if (wanted.vcpuScale !== running.vcpuScale) return `scale ${running.vcpuScale}, not ${wanted.vcpuScale}`
  if (wanted.mbPerVcpu !== running.mbPerVcpu) return `${running.mbPerVcpu} MB per vCPU, not ${wanted.mbPerVcpu}`
  if (wanted.admission !== running.admission) return `admission "${running.admission}", not "${wanted.admission}"`
  if (wanted.concurrency !== running.concurrency) return `concurrency ${running.concurrency}, not ${wanted.concurrency}`
  if (wanted.port !== 0 && wanted.port !== running.port) return `port ${running.port}, not ${wanted.port}`
  if (wanted.enforcement !== undefined && wanted.enforcement !== running.enforcement)
    return `layer ${running.enforcement}, not ${wanted.enforcement}`
  return null
}

async function replace(connection: Connection, difference: string): Promise<void> {
  const status = await connection.get("status")
  const { info } = connection
  if (!isObject(status) || status["clients"] !== 1 || status["inFlight"] !== 0) {
    connection.close()
    throw new TrimtabError("usage", `a local platform in use (pid ${info.pid}) has ${difference}`, {
      fix: "let the other command end first, or use its settings",
    })
  }
  await call({ port: info.port, method: "POST", path: "stop" })
  connection.close()
  for (let i = 0; i < 500 && isRunning(info); i++) await sleep(10)
}

/**
 * Starts a server in a process of its own and waits for its one line. Null when another one has the folder and does
 * not answer yet, or not any more.
 */
async function startServer(options: ServerOptions): Promise<ServerInfo | null> {
  const own = fileURLToPath(import.meta.url)
  const entry = fileURLToPath(new URL(`./main${extname(own)}`, import.meta.url))
  const { serverLog } = statePaths(options.stateDir)
  mkdirSync(dirname(serverLog), { recursive: true })
  const log = openSync(serverLog, "a")
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry, ...serverArguments(options)], {
    detached: true,
    stdio: ["ignore", "pipe", log],
    // No credentials and no settings of the caller reach the functions.
    env: { PATH: process.env["PATH"] ?? "" },
  })
  const line = child.stdout === null ? "" : await firstLine(child.stdout, child)
  child.stdout?.destroy()
  child.unref()
  const message: unknown = JSON.parse(line === "" ? "{}" : line)
  if (isObject(message) && message["running"] === true) return await askServerInfo(options.stateDir)
  if (isObject(message) && message["ready"] !== undefined) return readServerInfo(options.stateDir)
  const error = isObject(message) && isObject(message["error"]) ? message["error"] : {}
  // The child prints the code of a TrimtabError.
  const code = (typeof error["code"] === "string" ? error["code"] : "platform-unavailable") as ErrorCode
  const said = typeof error["message"] === "string" ? error["message"] : "the local platform ended at its start"
  throw new TrimtabError(code, said, {
    where: serverLog,
    ...(typeof error["fix"] === "string" && { fix: error["fix"] }),
  })
}

/** The first line of the child's output, or what there was of it when the child ended. */
async function firstLine(
  stream: NodeJS.ReadableStream,
  child: { once(event: "error", listener: (error: Error) => void): unknown; kill(): boolean },
): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = ""
    const timer = setTimeout(() => {
      child.kill()
      resolve(text)
    }, START_TIMEOUT_MS)
    const done = (): void => {
      clearTimeout(timer)
      resolve(text.split("\n")[0] ?? "")
    }
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8")
      if (text.includes("\n")) done()
    })
    stream.on("end", done)
    child.once("error", reject)
  })
}

/** Opens the request that keeps the server alive; null when it ends just now. */
async function hold(info: ServerInfo): Promise<Connection | null> {
  const agent = new Agent({ keepAlive: false })
  return await new Promise((resolve) => {
    const presence = request({ host: "127.0.0.1", port: info.port, path: "/trimtab/v1/presence", agent })
    presence.once("error", () => resolve(null))
    presence.once("response", (response) => {
      // It lives as long as this process, and must not be what this process lives for.
      response.socket.unref()
      // From here on an error only says that the server has ended; the next call tells.
      presence.on("error", () => {})
      response.on("error", () => {})
      response.resume()
      resolve({
        info,
        get: (path, signal) => call({ port: info.port, method: "GET", path, ...(signal !== undefined && { signal }) }),
        close: () => presence.destroy(),
      })
    })
    presence.end()
  })
}

interface OwnCall {
  readonly port: number
  readonly method: "GET" | "POST"
  readonly path: string
  readonly signal?: AbortSignal
}

const CALL_TIMEOUT_MS = 10_000

async function call({ port, method, path, signal }: OwnCall): Promise<unknown> {
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS)
  const response = await fetch(`http://127.0.0.1:${port}/trimtab/v1/${path}`, {
    method,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  })
  return await response.json()
}
