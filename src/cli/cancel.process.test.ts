import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, expect, test } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { trimtabIn } from "./testing/imported-project.ts"

const cli = resolve(import.meta.dirname, "../../bin/trimtab.js")
const folder = mkdtempSync(join(tmpdir(), "trimtab-cancel-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const trimtab = trimtabIn(folder)

const one = { min: 1, max: 1 }
const WORKFLOW = {
  name: "slow",
  functions: { wait: { handler: "./wait.ts" } },
  steps: {
    s: {
      function: "wait",
      configSpace: { memoryMB: { min: 256, max: 256, step: 64 }, instances: one, processes: one },
    },
  },
}

/** The newest run of the journal that has no end. */
async function running(): Promise<string> {
  for (let tries = 0; tries < 150; tries++) {
    const { stdout } = trimtab("runs", "--json")
    const list = stdout === "" ? [] : (JSON.parse(stdout) as { runs: { runId: string; status: string }[] }).runs
    const found = list.findLast(({ status }) => status === "running")
    if (found !== undefined) return found.runId
    await setTimeout(100)
  }
  throw new Error("no run began")
}

test("a run is cancelled while another process executes it, and when none does", async () => {
  writeFileSync(join(folder, "workflow.json"), JSON.stringify(WORKFLOW))
  const config = { workflow: "./workflow.json", input: 0, platform: { kind: "local" } }
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify(config))
  const body = "await new Promise((done) => setTimeout(done, seconds * 1000)); return seconds"
  writeFileSync(
    join(folder, "wait.ts"),
    `export const handler = async (seconds: number): Promise<number> => { ${body} }\n`,
  )
  expect(trimtab("profile", "--max-time", "3s").status).toBe(0)

  const start = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, [cli, "run", "--slo", "300s", "--input", "60", "--json"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
    })
  const first = start()
  let stdout = ""
  first.stdout!.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
  const ended = once(first, "exit")
  const mine = await running()
  const cancelled = trimtab("cancel", mine, "--reason", "a test", "--json")
  expect(cancelled.status, cancelled.stderr).toBe(0)
  expect(JSON.parse(cancelled.stdout)).toEqual({ schemaVersion: 1, runId: mine, status: "cancelled" })
  expect(await ended).toEqual([1, null])
  expect(JSON.parse(stdout) as RunResult).toMatchObject({ runId: mine, status: "cancelled", output: null })

  const second = start()
  const orphan = await running()
  second.kill("SIGKILL")
  await once(second, "exit")
  expect(trimtab("cancel", orphan).stdout).toBe(`run ${orphan}: cancelled\n`)
  expect(trimtab("resume").stdout).toContain("no run was cut off")
  expect(trimtab("cancel", orphan)).toMatchObject({ status: 2, stdout: "" })
}, 120_000)
