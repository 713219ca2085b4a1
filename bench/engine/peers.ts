import { execFileSync, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { messageOf } from "../../src/base/errors.ts"
import { startRestateServer, freePorts, serverProgram } from "../../test/restate/restate-server.ts"
import type { BenchResult } from "../bench.ts"
import type { Driven, PeerReport, Sizes } from "../peers/drive.ts"
import { debian, startPostgres, startRedis, type Server } from "../peers/servers.ts"
import { embedded, limit } from "./embedded.ts"

const PEERS = resolve(import.meta.dirname, "../peers")

/** Workflows of each measurement: peers are slow, and so is what they take to warm up. */
const SIZES = {
  ours: { quick: { warmUp: 4_000, one: 500, fifty: 5_000 }, full: { warmUp: 5_000, one: 2_000, fifty: 30_000 } },
  restate: { quick: { warmUp: 400, one: 150, fifty: 1_500 }, full: { warmUp: 1_000, one: 500, fifty: 5_000 } },
  // These do tens of workflows a second.
  slow: { quick: { warmUp: 60, one: 40, fifty: 400 }, full: { warmUp: 400, one: 200, fifty: 2_000 } },
} as const

/** The longest that a system may take for all of its measurements. */
const LONGEST_MS = 240_000

/**
 * Ourselves beside others on this machine, one after the other: barrier16, sixteen steps that do nothing, one workflow at
 * a time and fifty at once. Every system waits for the disk before it goes on. BullMQ runs trees only: beside it stands
 * our embedded engine on the same tree.
 */
export async function bench({ full }: { readonly full: boolean }): Promise<BenchResult> {
  const size = full ? "full" : "quick"
  const ours = SIZES.ours[size]
  const slow = SIZES.slow[size]
  const reasons: Record<string, string> = {}
  const folder = mkdtempSync(join(tmpdir(), "trimtab-peers-"))
  // PostgreSQL runs as another user below it.
  chmodSync(folder, 0o755)
  try {
    install()
    const systems: Record<string, Measured | null> = {
      limit: await attempt(reasons, "limit", () => limit(ours)),
      embedded: await attempt(reasons, "embedded", () => embedded(ours, "barrier16")),
      embeddedTree: await attempt(reasons, "embeddedTree", () => embedded(ours, "tree")),
    }
    for (const mode of ["ours", "bare"] as const) {
      const name = mode === "ours" ? "oursOnRestate" : "bareRestate"
      systems[name] = await attempt(reasons, name, () => onRestate(join(folder, mode), mode, SIZES.restate[size]))
    }
    systems["dbos"] = await attempt(reasons, "dbos", () => onDbos(folder, slow))
    systems["bullmq"] = await attempt(reasons, "bullmq", () => onBullMq(folder, slow))
    return { ...comparison(systems, reasons), rows: Object.entries(systems).map(([name, of]) => ({ name, ...of })) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A system at one and at fifty, with all the CPU time of its processes. */
export interface Measured {
  readonly one: Driven
  readonly fifty: Driven
  /** Of clients, workers and servers, ms a workflow, at fifty. */
  readonly cpuMsPerWorkflow50: number
}

async function attempt(
  reasons: Record<string, string>,
  name: string,
  measure: () => Promise<Measured>,
): Promise<Measured | null> {
  process.stderr.write(`${name} ...\n`)
  try {
    const measured = await measure()
    const { one, fifty } = measured
    process.stderr.write(`${name}: ${one.p50Ms.toFixed(1)} ms alone, ${fifty.perSecond.toFixed(0)}/s at fifty\n`)
    return measured
  } catch (error) {
    reasons[name] = messageOf(error).split("\n")[0]!
    return null
  }
}

function install(): void {
  if (serverProgram(PEERS) !== null && existsSync(join(PEERS, "node_modules/bullmq"))) return
  process.stderr.write("installing the peers ...\n")
  const env = { ...process.env, SCARF_ANALYTICS: "false" }
  execFileSync("npm", ["ci", "--prefix", PEERS, "--no-audit", "--no-fund", "--loglevel=error"], {
    env,
    stdio: "ignore",
  })
}

async function onRestate(folder: string, mode: "ours" | "bare", sizes: Sizes): Promise<Measured> {
  const server = await startRestateServer({ folder, packages: PEERS })
  try {
    const [port = 0] = await freePorts(1)
    const { ingressUrl, adminUrl } = server.address
    return await script("restate.ts", [mode, String(port), ingressUrl, adminUrl, String(server.pid)], sizes)
  } finally {
    await server.kill()
  }
}

async function onDbos(folder: string, sizes: Sizes): Promise<Measured> {
  return withServer(
    debian("postgres", "postgresql"),
    () => startPostgres(folder),
    ({ port, pid }) => script("dbos.ts", [`postgresql://bench@127.0.0.1:${port}/dbos`, String(pid)], sizes),
  )
}

async function onBullMq(folder: string, sizes: Sizes): Promise<Measured> {
  return withServer(
    debian("redis-server", "redis-server"),
    () => startRedis(folder),
    ({ port, pid }) => script("bullmq.ts", [String(port), String(pid)], sizes),
  )
}

async function withServer<T>(
  missing: string | null,
  start: () => Promise<Server>,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  if (missing !== null) throw new Error(missing)
  const server = await start()
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

/** Runs a script of a peer in a process of its own; its last line is its report. */
async function script(name: string, args: readonly string[], { warmUp, one, fifty }: Sizes): Promise<Measured> {
  const sizes = [warmUp, one, fifty].map(String)
  const child = spawn(process.execPath, [join(PEERS, name), ...args, ...sizes], { stdio: ["ignore", "pipe", "pipe"] })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  const late = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS)
  const code = await new Promise((done) => child.once("close", done))
  clearTimeout(late)
  if (child.signalCode === "SIGKILL") throw new Error(`${name} took longer than ${LONGEST_MS / 1000} s`)
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${stderr.trim().split("\n").at(-1) ?? ""}`)
  const report = JSON.parse(stdout.trim().split("\n").at(-1)!) as PeerReport // what `drive.ts` writes
  const { one: single, fifty: many, serverCpuMs50 } = report
  return { one: single, fifty: many, cpuMsPerWorkflow50: (many.cpuMs + serverCpuMs50) / many.workflows }
}

type Summary = Pick<BenchResult, "summary" | "reasons">

function comparison(
  systems: Readonly<Record<string, Measured | null>>,
  why: Readonly<Record<string, string>>,
): Summary {
  const summary: Record<string, number | boolean | null> = {}
  const reasons: Record<string, string> = {}
  const key = (name: string, of: readonly string[], value: (...systems: Measured[]) => number): void => {
    const missing = of.find((system) => systems[system] == null)
    if (missing !== undefined) reasons[name] = `${missing}: ${why[missing] ?? "not measured"}`
    summary[name] = missing === undefined ? round(value(...of.map((system) => systems[system]!))) : null
  }
  key("embeddedOverLimit1", ["embedded", "limit"], (a, b) => a.one.perSecond / b.one.perSecond)
  key("embeddedOverLimit50", ["embedded", "limit"], (a, b) => a.fifty.perSecond / b.fifty.perSecond)
  key("embeddedOverRestate", ["embedded", "bareRestate"], (a, b) => a.fifty.perSecond / b.fifty.perSecond)
  key("cpuRestateOverEmbedded", ["bareRestate", "embedded"], (a, b) => a.cpuMsPerWorkflow50 / b.cpuMsPerWorkflow50)
  key("oursOnRestateOverBare", ["oursOnRestate", "bareRestate"], (a, b) => a.fifty.perSecond / b.fifty.perSecond)
  key("oursOnRestateP50OverBare1", ["oursOnRestate", "bareRestate"], (a, b) => a.one.p50Ms / b.one.p50Ms)
  key("embeddedOverDbos", ["embedded", "dbos"], (a, b) => a.fifty.perSecond / b.fifty.perSecond)
  key("embeddedOverBullMqTree", ["embeddedTree", "bullmq"], (a, b) => a.fifty.perSecond / b.fifty.perSecond)
  for (const name of Object.keys(systems)) {
    key(`${name}P50Ms1`, [name], (of) => of.one.p50Ms)
    key(`${name}PerSecond50`, [name], (of) => of.fifty.perSecond)
    key(`${name}CpuMs50`, [name], (of) => of.cpuMsPerWorkflow50)
  }
  return { summary, reasons }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
