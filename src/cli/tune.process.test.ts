import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { configClient, fileReader } from "../client/client.ts"
import { GRID } from "../tuner/adjustment/testing/random-pipelines.ts"
import type { ConfigDocument } from "../tuner/publishing/config-document.ts"
import { calledFunctions } from "../tuner/testing/called-functions.ts"
import { logLinesOf } from "../tuner/testing/log-lines.ts"
import { importedProject } from "./testing/imported-project.ts"

// Tuning from log files and imported measurements, through the command line: no function exists, no platform is started.

const folder = mkdtempSync(join(tmpdir(), "trimtab-tune-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let trimtab: ReturnType<typeof importedProject>

/** Single-thread code, as the project's measurements have it. */
function curveOf(ms: number) {
  return { memoryMB: GRID, ms: Float64Array.from(GRID, (memoryMB) => ms / Math.min(1, memoryMB / 1769)) }
}

beforeAll(() => {
  trimtab = importedProject(folder)
  const functions = [
    { name: "cut", after: [], curve: curveOf(1500) },
    { name: "mark", after: ["cut"], curve: curveOf(1200) },
  ]
  const runs = calledFunctions({ functions, noise: 0.05, seed: 1, defaultMB: 1024 }).window(null, 50)
  mkdirSync(join(folder, "logs"))
  for (const [name, lines] of logLinesOf(runs))
    writeFileSync(join(folder, "logs", `${name}.log`), `${lines.join("\n")}\n`)
  writeFileSync(join(folder, "other.log"), "nothing of interest\n")
})

/** Sizes above one vCPU gain nothing, and those below cost as much: enough for one vCPU each. */
const BUDGET = ["--budget", "0.00012"]

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}

test("a dry run says what it would publish and writes nothing", () => {
  const ended = trimtab("tune", "logs", "--dry-run", ...BUDGET, "--json")
  expect(ended.status, ended.stderr).toBe(0)
  expect(json(ended.stdout)).toMatchObject({
    schemaVersion: 1,
    windows: [{ published: false, version: 0, completeRuns: 50, action: { kind: "publish", how: "plan" } }],
  })
  expect(existsSync(join(folder, ".trimtab/store/tuner"))).toBe(false)
})

test("once: the first plan is published for a share of the runs, and a function finds it", async () => {
  const ended = trimtab("tune", "logs", "--once", ...BUDGET, "--json")
  expect(ended.status, ended.stderr).toBe(0)
  expect(json(ended.stdout)).toMatchObject({
    windows: [{ published: true, version: 1, action: { how: "plan", canary: { sharePercent: 25 } } }],
  })
  const client = configClient({ pipeline: "frames", read: fileReader(join(folder, ".trimtab/store"), readFile) })
  const decision = await client.decide()
  expect([decision.version, decision.of("cut", { memoryMB: 512 }).memoryMB]).toEqual([1, expect.any(Number)])
  const audit = readFileSync(join(folder, ".trimtab/tuner/frames.audit.ndjson"), "utf8").trim().split("\n")
  expect(audit.map((line) => json(line))).toMatchObject([{ kind: "published", how: "plan", version: 1 }])
})

test("the same logs again: nothing new to judge", () => {
  const ended = trimtab("tune", "logs", "--once", ...BUDGET, "--json")
  expect(ended.status, ended.stderr).toBe(0)
  expect(json(ended.stdout)).toMatchObject({ windows: [] })
})

test("a rollback by hand is a new version, and the history tells of both", () => {
  expect(trimtab("tune", "--rollback", "9").status).toBe(2)
  const back = trimtab("tune", "--rollback", "1", "--json")
  expect(back.status, back.stderr).toBe(0)
  expect(json(back.stdout)).toMatchObject({ version: 2, restores: 1, reason: "by hand" })
  const history = trimtab("tune", "--history", "--json")
  const versions = json(history.stdout)["versions"] as ConfigDocument[]
  expect(versions.map(({ version, canary }) => [version, canary !== undefined])).toEqual([
    [1, true],
    [2, false],
  ])
  const table = trimtab("tune", "--history").stdout
  expect(table).toMatch(/^version +published/)
  expect(table).toMatch(/plan \(25 %\)[\s\S]*back to 1/)
})

test("watching prints a line for every window and ends with 130 at Ctrl-C", { timeout: 60_000 }, async () => {
  const args = [
    "tune",
    "logs",
    ...BUDGET,
    "--pipeline",
    "watched",
    "--window-runs",
    "25",
    "--interval",
    "100ms",
    "--json",
  ]
  const child = spawn(process.execPath, [resolve(import.meta.dirname, "../../bin/trimtab.js"), ...args], {
    cwd: folder,
  })
  const ended = once(child, "exit")
  let line = ""
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    line += chunk.toString()
    if (!line.includes("\n")) continue
    child.kill("SIGINT")
    break
  }
  expect(await ended).toEqual([130, null])
  expect(json(line.split("\n")[0]!)).toMatchObject({
    schemaVersion: 1,
    published: true,
    version: 1,
    completeRuns: expect.any(Number),
  })
})

test("a budget that no sizes keep ends with 3", () => {
  const ended = trimtab("tune", "logs", "--dry-run", "--budget", "0.00001", "--pipeline", "poor", "--json")
  expect(ended.status, ended.stderr).toBe(3)
  expect(ended.stdout).toContain("no sizes keep the goal")
})

test.each([
  [["tune", "--once", ...BUDGET], 2, /has no log yet/],
  [["tune", "other.log", "--once", ...BUDGET], 1, /no invocation in 1 lines/],
  [["tune", "logs", "--once", "--store", "s3://bucket", ...BUDGET], 2, /there is no store for s3:/],
])("trimtab %s ends with %i and one clear message", (args, status, message) => {
  const ended = trimtab(...args)
  expect(ended.status).toBe(status)
  expect(ended.stderr).toMatch(message)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
  expect(ended.stdout).toBe("")
})
