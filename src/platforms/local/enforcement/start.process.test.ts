import type { ChildProcess } from "node:child_process"
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { openCgroupV1 } from "./cgroup-v1.ts"
import { openCgroupV2In } from "./cgroup-v2.ts"
import type { EnforcementLayer, ProcessGroup } from "./layer.ts"
import { hierarchies } from "./mounts.ts"

const ID = `trimtab-test-start-${process.pid}`
const opening = openCgroupV1(ID)

/** What a process sees of itself: its input, its folder, its group of processes, its variables. */
const LOOK =
  `printf '%s|' "$(cat | wc -c)" "$(pwd)" "$(ps -o pgid= -p $$ | tr -d ' ')" "$A" "$B" "$C"; ` +
  "echo; echo said >&2; cat /proc/self/cgroup"

const ENV = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", A: "it's $HOME", B: "two\nlines `x`", C: "ä=\\n" }

interface End {
  readonly pid: number
  readonly code: number | null
  readonly out: string
  readonly err: string
}

async function endOf(child: ChildProcess): Promise<End> {
  let out = ""
  let err = ""
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")))
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")))
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve))
  return { pid: child.pid ?? 0, code, out, err }
}

test("version 2: the process is in the group of its own limit before its first instruction", async () => {
  const root = mkdtempSync(join(tmpdir(), "trimtab-v2-"))
  try {
    writeFileSync(join(root, "cgroup.controllers"), "cpu memory")
    const v2 = openCgroupV2In([root], "trimtab-1-1")
    if ("unavailable" in v2) throw new Error(v2.unavailable)
    const group = v2.layer.createGroup({ id: "i-1", memoryMB: 3538, cores: 1, coresPerProcess: 0.5 })
    const file = join(root, "trimtab-1-1.i-1", "p-root", "cgroup.procs")
    const end = await endOf(group.start(["/bin/cat", file], { cwd: "/", env: ENV }))
    expect(end).toMatchObject({ code: 0, out: `${end.pid}\n` })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

describe.skipIf("unavailable" in opening)("version 1: a spare group", () => {
  let layer: EnforcementLayer
  const groups: ProcessGroup[] = []

  const open = (): EnforcementLayer => {
    const again = openCgroupV1(ID)
    if ("unavailable" in again) throw new Error(again.unavailable)
    return again.layer
  }

  afterEach(async () => {
    for (const group of groups.splice(0)) await group.destroy()
    await layer.close()
    expect(left()).toEqual([])
  })

  let made = 0
  const make = (coresPerProcess: number | null): ProcessGroup => {
    const group = layer.createGroup({ id: `i-${++made}`, memoryMB: 256, cores: 0.5, coresPerProcess })
    groups.push(group)
    return group
  }

  /** Groups of the layer that are there. */
  const left = (): string[] =>
    layer.places.flatMap((place) => readdirSync(place)).filter((name) => name.startsWith(`${ID}.`))

  /** A group with a waiting shell: the first that has a process before it was started. */
  async function prepared(coresPerProcess: number | null): Promise<ProcessGroup> {
    let found: ProcessGroup | null = null
    await expect
      .poll(
        async () => {
          const group = make(coresPerProcess)
          if (group.pids().length > 0) found = group
          else await group.destroy()
          return found !== null
        },
        { timeout: 10_000, interval: 100 },
      )
      .toBe(true)
    if (found === null) throw new Error("no spare")
    return found
  }

  test.for([null, 0.25])("starts what an ordinary one starts, in the same way (%s per process)", async (perProcess) => {
    layer = open()
    const cwd = mkdtempSync(join(tmpdir(), "it's a folder "))
    try {
      const command = ["/bin/sh", "-c", LOOK]
      const ordinary = await endOf(make(perProcess).start(command, { cwd, env: ENV }))
      const group = await prepared(perProcess)
      const waiting = group.pids()[0]
      expect(group.oomKills()).toBe(0)
      const spare = await endOf(group.start(command, { cwd, env: ENV }))
      expect(spare.pid).toBe(waiting)
      for (const end of [ordinary, spare]) {
        expect(end).toMatchObject({ code: 0, err: "said\n" })
        expect(end.out).toContain(`0|${cwd}|${end.pid}|${ENV.A}|${ENV.B}|${ENV.C}|\n`)
      }
      expect(groupsIn(spare.out)).toEqual(groupsIn(ordinary.out))
    } finally {
      rmSync(cwd, { recursive: true, force: true })
    }
  })

  test("has the limits of whoever takes it", async () => {
    layer = open()
    await make(null).destroy()
    const group = await prepared(null)
    const pid = group.pids()[0] ?? 0
    expect(limitOf("cpu", pid, "cpu.cfs_quota_us")).toBe("10000")
    expect(limitOf("memory", pid, "memory.limit_in_bytes")).toBe(String(256 * 2 ** 20))
  })

  test("runs what its line cannot say in the ordinary way", async () => {
    layer = open()
    await make(null).destroy()
    const group = await prepared(null)
    const end = await endOf(group.start(["/no=thing"], { cwd: "/", env: ENV }))
    expect(end.code).toBe(127)
  })
})

/** The names of the controllers whose group is one of the layer's, from /proc/self/cgroup; `/p-root` is told. */
function groupsIn(out: string): string[] {
  return out
    .split("\n")
    .filter((line) => line.includes(ID))
    .map((line) => line.replace(/^\d+:/, "").replace(/trimtab-test-[^/]*/, "own"))
}

/** A limit of the group that a process is in. */
function limitOf(controller: string, pid: number, file: string): string {
  const hierarchy = hierarchies().find(({ version, controllers }) => version === 1 && controllers.includes(controller))
  const line = readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .split("\n")
    .find((text) => text.split(":")[1]?.split(",").includes(controller))
  const directory = join(hierarchy?.mountPoint ?? "", line?.split(":")[2] ?? "")
  return readFileSync(join(directory, file), "utf8").trim()
}
