import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { trimtabIn } from "./testing/imported-project.ts"
import { TENS } from "./testing/tens.ts"

const folder = mkdtempSync(join(tmpdir(), "trimtab-redrive-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)

function writeHandlers(broken: string): void {
  writeFileSync(
    join(folder, "ten.ts"),
    `export async function handler(n: number): Promise<number> {\n  ${broken}\n  return n * 10\n}\n`,
  )
  writeFileSync(
    join(folder, "sum.ts"),
    "export async function handler(ns: number[]): Promise<number> { return ns.reduce((a, b) => a + b, 0) }\n",
  )
}

test("a run that failed is redriven with code that is mended: only what failed runs again, and what comes after it", () => {
  writeFileSync(join(folder, "workflow.json"), JSON.stringify(TENS))
  writeFileSync(
    join(folder, "trimtab.config.json"),
    JSON.stringify({ workflow: "./workflow.json", input: [1, 2, 3], platform: { kind: "local" } }),
  )
  writeHandlers("")
  const profiled = trimtab("profile", "--max-time", "5s", "--json")
  expect(profiled.status, profiled.stderr).toBe(0)
  writeHandlers('if (n === 2) throw new Error("no twos today")')
  const failed = trimtab("run", "--slo", "60s", "--json")
  expect(failed.status, failed.stderr).toBe(1)
  const before = JSON.parse(failed.stdout) as RunResult
  expect(before).toMatchObject({ status: "failed", error: { step: "many" } })

  writeHandlers("")
  const redriven = trimtab("redrive", before.runId, "--slo", "45s", "--json")
  expect(redriven.status, redriven.stderr).toBe(0)
  const after = JSON.parse(redriven.stdout) as RunResult
  expect(after).toMatchObject({ status: "succeeded", output: 60, sloMs: 45_000 })
  expect(after.runId).not.toBe(before.runId)
  expect(after.steps.map(({ tasks, invocations }) => [tasks, invocations.length])).toEqual([
    [3, 1],
    [1, 1],
  ])
  const again = trimtab("redrive", after.runId)
  expect([again.status, again.stdout]).toEqual([2, ""])
  expect(again.stderr).toMatch(/^error: run [0-9a-f]{32} succeeded: nothing of it is missing/)
}, 120_000)
