/** Servers of Debian's packages, each on a free port, in a folder of its own, durable as they come or as they can be. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process"
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { freePorts } from "../../test/restate/restate-server.ts"

export interface Server {
  readonly pid: number
  readonly port: number
  close(): Promise<void>
}

/** Installs a Debian package where that may be done; says why when it may not. */
export function debian(command: string, name: string): string | null {
  if (findProgram(command) !== null) return null
  if (process.getuid?.() !== 0) return `${name} is not installed and may not be (apt-get install ${name})`
  process.stderr.write(`installing ${name} ...\n`)
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore" })
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], { stdio: "ignore", env })
  return findProgram(command) === null ? `${name} could not be installed` : null
}

/** PostgreSQL with its own defaults, which wait for the disk at each commit. It refuses to run as root. */
export async function startPostgres(folder: string): Promise<Server> {
  const data = join(folder, "postgres")
  mkdirSync(data, { recursive: true })
  const isRoot = process.getuid?.() === 0
  if (isRoot) giveTo("postgres", folder, data)
  const as = (program: string, args: readonly string[]): [string, string[]] =>
    isRoot
      ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", program, ...args]]
      : [program, [...args]]
  const [initdb, initArgs] = as(findProgram("initdb")!, ["-D", data, "-A", "trust", "-U", "bench", "--no-sync"])
  execFileSync(initdb, initArgs, { stdio: "ignore" })
  const [port = 0] = await freePorts(1)
  const [program, args] = as(findProgram("postgres")!, ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", data])
  return started(spawn(program, args, { stdio: "ignore" }), port, "SIGINT")
}

/** Redis that appends every command to its file and syncs it before it answers. */
export async function startRedis(folder: string): Promise<Server> {
  const [port = 0] = await freePorts(1)
  const dir = join(folder, "redis")
  mkdirSync(dir, { recursive: true })
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""]
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
  return started(spawn(findProgram("redis-server")!, [...args, ...durable], { stdio: "ignore" }), port, "SIGTERM")
}

async function started(child: ChildProcess, port: number, stop: NodeJS.Signals): Promise<Server> {
  const untilMs = performance.now() + 30_000
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`${child.spawnfile} did not start`)
    await new Promise((resolve) => void setTimeout(resolve, 50))
  }
  return {
    pid: child.pid!,
    port,
    close: async () => {
      const gone = new Promise((done) => child.once("exit", done))
      child.kill(stop)
      await gone
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    const end = (ok: boolean): void => {
      socket.destroy()
      resolve(ok)
    }
    socket.once("connect", () => end(true))
    socket.once("error", () => end(false))
  })
}

/** On the path, or where Debian keeps PostgreSQL's programs. */
function findProgram(name: string): string | null {
  const versions = "/usr/lib/postgresql"
  const postgres = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, "bin")) : []
  const folders = [...(process.env["PATH"] ?? "").split(":"), ...postgres.sort().reverse()]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

function giveTo(user: string, ...folders: readonly string[]): void {
  const id = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }))
  for (const folder of folders) chownSync(folder, id("-u"), id("-g"))
}
