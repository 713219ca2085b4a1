import { spawn, type ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { createServer } from "node:net"
import { join, resolve } from "node:path"
import type { RestateAddress } from "../../src/engine/restate/restate-client.ts"

/** A Restate server of our own on free ports, in a folder that survives its death. */
export interface RestateServer {
  readonly address: RestateAddress
  readonly pid: number
  /** Kills it with SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>
  /** Starts it again on the same folder and ports. */
  restart(): Promise<void>
}

export interface RestateServerOptions {
  /** Its data and its log. */
  readonly folder: string
  /** Folder whose `node_modules` hold the server. */
  readonly packages?: string
}

/** How long it may take to answer, ms: 0.7 s on a quiet machine. */
const START_MS = 60_000

/** Says nothing to anybody about being used. */
const SILENT = { RESTATE_DISABLE_TELEMETRY: "1", DO_NOT_TRACK: "1", SCARF_ANALYTICS: "false" }

/** The server's program; null where its package is not installed. */
export function serverProgram(packages: string = import.meta.dirname): string | null {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`
  // The program itself and not the script beside it: what is killed must be the server.
  const path = resolve(packages, "node_modules", name, "bin/restate-server")
  return existsSync(path) ? path : null
}

/** Starts a server and waits until it answers. */
export async function startRestateServer({ folder, packages }: RestateServerOptions): Promise<RestateServer> {
  const program = serverProgram(packages)
  if (program === null) throw new Error("no Restate server here: npm ci --prefix test/restate")
  const [ingress = 0, admin = 0, fabric = 0] = await freePorts(3)
  const address = { ingressUrl: `http://127.0.0.1:${ingress}`, adminUrl: `http://127.0.0.1:${admin}` }
  const env = {
    ...process.env,
    ...SILENT,
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_BIND_IP: "127.0.0.1",
    RESTATE_BIND_PORT: String(fabric),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_LOG_FILTER: "warn",
  }
  const args = ["--base-dir", join(folder, "restate"), "--node-name", "one", "--no-logo"]
  let child: ChildProcess
  const start = async (): Promise<void> => {
    child = spawn(program, args, { env, stdio: ["ignore", "ignore", "ignore"] })
    await untilHealthy(address, () => child.exitCode)
  }
  await start()
  return {
    address,
    get pid() {
      return child.pid!
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((done) => child.once("exit", done))
      child.kill("SIGKILL")
      await gone
    },
    restart: start,
  }
}

async function untilHealthy({ ingressUrl, adminUrl }: RestateAddress, exitCode: () => number | null): Promise<void> {
  const untilMs = performance.now() + START_MS
  while (performance.now() < untilMs) {
    if (exitCode() !== null) throw new Error(`the Restate server ended with ${exitCode()}`)
    const answers = await Promise.all([`${adminUrl}/health`, `${ingressUrl}/restate/health`].map(isOk))
    if (answers.every(Boolean)) return
    await new Promise((resolve) => void setTimeout(resolve, 50))
  }
  throw new Error(`the Restate server did not answer within ${START_MS} ms`)
}

async function isOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

/** Ports that nobody listens on now; all held at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return address === null || typeof address === "string" ? 0 : address.port
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))))
  return ports
}
