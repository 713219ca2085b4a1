import { spawn, type ChildProcess } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { trimtabIn } from "../../src/cli/testing/imported-project.ts"
import { TENS } from "../../src/cli/testing/tens.ts"
import type { RunResult } from "../../src/workflow/run-result.ts"
import { freePorts, startRestateServer, type RestateServer } from "./restate-server.ts"

const GUIDE = resolve(import.meta.dirname, "../../docs/guides/restate.md")
const CLI = resolve(import.meta.dirname, "../../bin/trimtab.js")
const folder = mkdtempSync(join(tmpdir(), "trimtab-restate-cli-"))
const trimtab = trimtabIn(folder)
let server: RestateServer
let worker: ChildProcess | null = null

beforeAll(async () => {
  writeFileSync(join(folder, "ten.ts"), "export async function handler(n: number): Promise<number> { return n * 10 }\n")
  writeFileSync(
    join(folder, "sum.ts"),
    "export async function handler(ns: number[]): Promise<number> { return ns.reduce((a, b) => a + b, 0) }\n",
  )
  const config = { workflow: "./workflow.json", input: [1, 2, 3], platform: { kind: "local" } }
  writeFileSync(join(folder, "workflow.json"), JSON.stringify(TENS))
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify(config))
  server = await startRestateServer({ folder })
})

afterAll(async () => {
  worker?.kill("SIGKILL")
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

test("a worker serves a project, and runs are started, found again and listed from the command line", async () => {
  const { ingressUrl, adminUrl } = server.address
  const where = ["--ingress", ingressUrl, "--admin", adminUrl]
  const at = ["--engine", "restate", ...where]
  const profiled = trimtab("profile", "--max-time", "5s", "--json")
  expect(profiled.status, profiled.stderr).toBe(0)
  const here = trimtab("run", "--slo", "60s", "--json")
  expect(here.status, here.stderr).toBe(0)

  const early = trimtab("run", "--slo", "60s", ...at)
  expect([early.status, early.stdout]).toEqual([1, ""])
  expect(early.stderr).toContain("error: no worker serves trimtab-tens")

  const [port = 0] = await freePorts(1)
  const serving = await serve([...fromGuide("serve"), ...where], port)
  expect(serving).toMatchObject({ workflow: "tens", service: "trimtab-tens", url: `http://127.0.0.1:${port}` })

  const there = trimtab("run", "--slo", "60s", "--request-key", "k", "--json", ...at)
  expect(there.status, there.stderr).toBe(0)
  const [embedded, distributed] = [here, there].map(({ stdout }) => JSON.parse(stdout) as RunResult)
  expect(distributed).toMatchObject({ status: "succeeded", output: 60, sloMs: 60_000, policy: embedded!.policy })
  expect(distributed!.output).toEqual(embedded!.output)
  expect(distributed!.steps.map(({ name, status, tasks }) => ({ name, status, tasks }))).toEqual(
    embedded!.steps.map(({ name, status, tasks }) => ({ name, status, tasks })),
  )

  const again = trimtab("run", "--slo", "60s", "--request-key", "k", "--json", ...at)
  expect(JSON.parse(again.stdout)).toEqual(distributed)
  const asWritten = trimtab(...fromGuide("run"), "--json", ...where)
  expect(JSON.parse(asWritten.stdout)).toMatchObject({ status: "succeeded", output: 60, sloMs: 10_000 })
  const other = trimtab("run", "--slo", "50s", "--request-key", "k", ...at)
  expect([other.status, other.stdout]).toEqual([2, ""])
  expect(other.stderr).toContain("was used for other work")

  const listed = JSON.parse(trimtab(...fromGuide("runs"), "--json", ...where).stdout) as { runs: object[] }
  expect(listed.runs).toHaveLength(2)
  expect(listed.runs[0]).toMatchObject({ runId: distributed!.runId, status: "completed" })
  const done = trimtab("cancel", distributed!.runId, ...at)
  expect([done.status, done.stdout]).toEqual([2, ""])

  worker!.kill("SIGINT")
  expect(await new Promise((ended) => worker!.once("exit", ended))).toBe(0)
}, 120_000)

test("a server that is not there is one clear line, before anything is prepared", async () => {
  const [port = 0] = await freePorts(1)
  const at = ["--engine", "restate", "--ingress", `http://127.0.0.1:${port}`, "--admin", `http://127.0.0.1:${port}`]
  const served = trimtab("serve", ...at)
  expect([served.status, served.stdout]).toEqual([1, ""])
  expect(served.stderr.trim().split("\n")).toHaveLength(1)
  expect(served.stderr).toMatch(/^error: no Restate server answers at .* \(ECONNREFUSED\); start one/)
  const embedded = trimtab("run", "--slo", "9s", "--ingress", `http://127.0.0.1:${port}`)
  expect([embedded.status, embedded.stdout]).toEqual([2, ""])
  expect(embedded.stderr).toContain("--ingress and --admin belong to --engine restate")
})

/** A command as the guide shows it, without `trimtab`. */
function fromGuide(command: string): string[] {
  const line = readFileSync(GUIDE, "utf8")
    .split("\n")
    .find((text) => text.startsWith(`trimtab ${command} `))
  return line!.split("#")[0]!.trim().split(/ +/).slice(1)
}

/** Starts the worker and waits for what it says when it is ready. */
function serve(args: readonly string[], port: number): Promise<unknown> {
  const child = spawn(process.execPath, [CLI, ...args, "--port", String(port), "--json", "--quiet"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  })
  worker = child
  return new Promise((resolve, reject) => {
    let stdout = ""
    let stderr = ""
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString()
      if (stdout.trimEnd().endsWith("}")) resolve(JSON.parse(stdout))
    })
    child.once("exit", () => reject(new Error(stderr)))
  })
}
