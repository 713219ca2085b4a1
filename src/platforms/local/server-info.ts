import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { createHash } from "node:crypto"
import { join, resolve } from "node:path"
import { systemCode } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import { isAlive } from "./proc.ts"
import type { LayerTrial } from "./enforcement/detect.ts"

/** What a running server says about itself in `<stateDir>/platform.json`. */
export interface ServerInfo {
  readonly schemaVersion: 1
  readonly pid: number
  /** Start of the process in clock ticks since boot: tells it from a later process of the same number. */
  readonly startTicks: number
  /** Name of its control groups and of its run folder. */
  readonly serverId: string
  readonly port: number
  readonly vcpuScale: number
  readonly mbPerVcpu: number
  readonly vcpuTotal: number
  readonly concurrency: number
  readonly admission: string
  readonly initTimeoutMs: number
  readonly enforcement: string
  readonly trials: readonly LayerTrial[]
  /** Where its control groups lie, each named `<server id>.<group id>`. */
  readonly places: readonly string[]
}

/** The files of a local platform below its state folder. */
export interface StatePaths {
  readonly info: string
  readonly functions: string
  readonly logs: string
  readonly run: string
  readonly serverLog: string
  readonly deployments: string
}

export function statePaths(stateDir: string): StatePaths {
  const inside = (...parts: string[]): string => join(resolve(stateDir), ...parts)
  return {
    info: inside("platform.json"),
    functions: inside("platform", "functions.json"),
    logs: inside("platform", "logs"),
    run: inside("platform", "run"),
    serverLog: inside("platform", "server.log"),
    deployments: inside("platform", "deployments.ndjson"),
  }
}

/** The info of the server of this folder, running or not; null when there is none. */
export function readServerInfo(stateDir: string): ServerInfo | null {
  try {
    return parseInfo(readFileSync(statePaths(stateDir).info, "utf8"))
  } catch {
    return null
  }
}

function parseInfo(text: string): ServerInfo | null {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || value["schemaVersion"] !== 1) return null
    // Our own words, whole: the version is the check.
    return value as unknown as ServerInfo
  } catch {
    return null
  }
}

export function writeServerInfo(stateDir: string, info: ServerInfo): void {
  const { info: path } = statePaths(stateDir)
  mkdirSync(resolve(stateDir), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(info, null, 1))
  renameSync(`${path}.${process.pid}`, path)
}

export function removeServerInfo(stateDir: string): void {
  rmSync(statePaths(stateDir).info, { force: true })
}

export function isRunning(info: ServerInfo): boolean {
  return isAlive(info.pid, info.startTicks)
}

/** The right to be the one server of a state folder, while it is held. */
export interface StateLock {
  /** From now on whoever asks is told this; see `askServerInfo`. */
  tell(info: ServerInfo): void
  release(): void
}

/**
 * Takes the lock of a state folder: an abstract socket, which the kernel gives to one process and takes back when
 * that ends, however it ends. Null when another one holds it. Without such sockets (not Linux) there is no lock.
 */
export async function lockStateDir(stateDir: string): Promise<StateLock | null> {
  let text = ""
  const server = createServer((socket) => socket.end(text))
  const release = (): void => void server.close()
  const tell = (info: ServerInfo): void => {
    text = JSON.stringify(info)
  }
  return await new Promise((done) => {
    server.once("error", (error) => done(systemCode(error) === "EADDRINUSE" ? null : { tell, release }))
    server.listen(lockName(stateDir), () => {
      server.unref()
      done({ tell, release })
    })
  })
}

/** What the holder of the lock says of itself: the way to a server whose folder was removed under it. */
export async function askServerInfo(stateDir: string): Promise<ServerInfo | null> {
  return await new Promise((done) => {
    let text = ""
    const socket = connect(lockName(stateDir))
    socket.setTimeout(ASK_TIMEOUT_MS, () => socket.destroy())
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8")
    })
    socket.once("error", () => done(null))
    socket.once("close", () => done(parseInfo(text)))
  })
}

const ASK_TIMEOUT_MS = 2000

function lockName(stateDir: string): string {
  return `\0trimtab-${createHash("sha256").update(resolve(stateDir)).digest("hex").slice(0, 32)}`
}
