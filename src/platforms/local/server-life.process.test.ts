import { spawn, type ChildProcess } from "node:child_process"
import { readdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { probePackage } from "../testing/probe.ts"
import { variantOf, type InvokeOutcome } from "../platform.ts"
import { connectLocalPlatform, type LocalPlatform, type LocalPlatformOptions } from "./local-platform.ts"
import { isAlive, processTree, startTicks } from "./proc.ts"
import { isRunning, readServerInfo, statePaths, type ServerInfo } from "./server-info.ts"

const CLIENT = {
  pricing: { name: "", date: "", bill: () => NO_BILL, usdPerGbSecond: 0, usdPerRequest: 0 },
  meters: () => [],
}
const NO_BILL = { lines: [], picoUsd: 0n, complete: true }
const NEVER = new AbortController().signal

describe("the life of the server's process", () => {
  let stateDir: string
  const open: LocalPlatform[] = []

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "trimtab-life-"))
  })

  afterEach(async () => {
    const info = readServerInfo(stateDir)
    await Promise.all(open.splice(0).map((platform) => platform.close()))
    await expect.poll(() => info === null || !isRunning(info), { timeout: 10_000 }).toBe(true)
    await rm(stateDir, { recursive: true, force: true })
  })

  async function connect(options: Partial<LocalPlatformOptions> = {}): Promise<LocalPlatform> {
    const platform = await connectLocalPlatform({ stateDir, idleExitMs: 300, ...CLIENT, ...options })
    open.push(platform)
    return platform
  }

  const call = (platform: LocalPlatform, payload: unknown): Promise<InvokeOutcome> =>
    platform.invoke(
      { variant: variantOf("probe", 512), payload, idempotencyKey: "k", repeat: 0, timeoutMs: 10_000 },
      NEVER,
    )

  const deploy = (platform: LocalPlatform): Promise<unknown> =>
    platform.deploy(probePackage("probe"), [512], { timeoutMs: 10_000, environment: {} })

  test("two clients at the same instant share one server", async () => {
    const [one, two] = await Promise.all([connect(), connect()])
    expect(two.info.pid).toBe(one.info.pid)
    expect(two.info.port).toBe(one.info.port)
  })

  test("it ends by itself after its last client, and leaves nothing", async () => {
    const platform = await connect()
    await deploy(platform)
    expect((await call(platform, { do: "nothing" })).kind).toBe("ok")
    const instances = instancesOf(platform.info)
    // The instance, and perhaps a process that waits to become one.
    expect(instances.length).toBeGreaterThan(0)
    if (platform.info.enforcement.startsWith("cgroup")) expect(groupsOf(platform.info)).not.toEqual([])
    await platform.close()
    await expect.poll(() => isRunning(platform.info), { timeout: 10_000 }).toBe(false)
    expect(isGone(instances)).toBe(true)
    expect(groupsOf(platform.info)).toEqual([])
    expect(readServerInfo(stateDir)).toBeNull()
  })

  test("a client's death does not end it, and what is deployed outlives it", async () => {
    const platform = await connect({ idleExitMs: 2000 })
    await deploy(platform)
    const other = await startClient(stateDir)
    other.child.kill("SIGKILL")
    expect(other.info.pid).toBe(platform.info.pid)
    expect((await call(platform, { do: "nothing" })).kind).toBe("ok")
    process.kill(platform.info.pid, "SIGTERM")
    await expect.poll(() => isRunning(platform.info), { timeout: 10_000 }).toBe(false)
    const next = await connect()
    expect(next.info.pid).not.toBe(platform.info.pid)
    expect((await call(next, { do: "nothing" })).kind).toBe("ok")
  })

  test("what a killed server left is swept by the next one", async () => {
    const platform = await connect()
    await deploy(platform)
    expect((await call(platform, { do: "nothing" })).kind).toBe("ok")
    const busy = call(platform, { do: "sleep", ms: 8000 })
    await expect.poll(() => processTree(platform.info.pid).length, { timeout: 5000 }).toBeGreaterThan(1)
    const instances = instancesOf(platform.info)
    process.kill(platform.info.pid, "SIGKILL")
    expect(await busy).toMatchObject({ kind: "unavailable", mayHaveRun: true })
    expect(await call(platform, {})).toMatchObject({ kind: "unavailable", mayHaveRun: false })
    const next = await connect()
    expect(isGone(instances)).toBe(true)
    expect(groupsOf(platform.info)).toEqual([])
    expect(readdirSync(statePaths(stateDir).run)).toEqual([])
    expect((await call(next, { do: "nothing" })).kind).toBe("ok")
  })

  test("a server whose folder was removed is found again", async () => {
    const first = await connect()
    await rm(stateDir, { recursive: true, force: true })
    const second = await connect()
    expect(second.info.pid).toBe(first.info.pid)
    await deploy(second)
    expect((await call(second, { do: "nothing" })).kind).toBe("ok")
  })

  test("an unused server with other settings is replaced, a used one is not", async () => {
    const first = await connect({ vcpuScale: 1, idleExitMs: 60_000 })
    await expect(connect({ vcpuScale: 0.5 })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("scale 1, not 0.5") as unknown,
    })
    await first.close()
    const second = await connect({ vcpuScale: 0.5 })
    expect(second.info.pid).not.toBe(first.info.pid)
    expect(second.limits.vcpuTotal).toBeCloseTo(first.info.vcpuTotal * 2)
  })

  test("a taken port is one clear message", async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve))
    const address = taken.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    await expect(connect({ port })).rejects.toMatchObject({
      code: "port-in-use",
      message: `port ${port} of 127.0.0.1 is taken`,
    })
    taken.close()
  })

  test("a forced layer that the machine does not hold is refused", async () => {
    await expect(connect({ enforcement: "systemd-run" })).rejects.toMatchObject({ code: "unsupported" })
  })
})

/** Those below the server, each with its start, so that a later process of the same number is another. */
function instancesOf(info: ServerInfo): (readonly [pid: number, ticks: number])[] {
  return processTree(info.pid)
    .slice(1)
    .map((pid) => [pid, startTicks(pid) ?? 0])
}

/** Control groups of the server that are there. */
function groupsOf(info: ServerInfo): string[] {
  return info.places.flatMap((place) => readdirSync(place)).filter((name) => name.startsWith(`${info.serverId}.`))
}

function isGone(processes: readonly (readonly [pid: number, ticks: number])[]): boolean {
  return processes.every(([pid, ticks]) => !isAlive(pid, ticks))
}

/** A client in a process of its own, connected. */
async function startClient(stateDir: string): Promise<{ child: ChildProcess; info: ServerInfo }> {
  const module = new URL("./local-platform.ts", import.meta.url).href
  const script = `
    const { connectLocalPlatform } = await import(${JSON.stringify(module)})
    const platform = await connectLocalPlatform({ stateDir: ${JSON.stringify(stateDir)} })
    console.log(JSON.stringify(platform.info))
    setTimeout(() => {}, 60_000)`
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] })
  const line = await new Promise<string>((resolve) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8")))
  })
  return { child, info: JSON.parse(line) as ServerInfo }
}
