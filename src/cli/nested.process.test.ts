import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { trimtabIn } from "./testing/imported-project.ts"

const folder = mkdtempSync(join(tmpdir(), "trimtab-nested-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)

const one = { min: 1, max: 1 }
const configSpace = { memoryMB: { min: 256, max: 256 }, instances: one, processes: one }
const HANDLERS = {
  list: "async (count: number) => Array.from({ length: count }, (_, i) => i)",
  double: "async (list: readonly number[]) => list.map((n) => 2 * n)",
  sum: "async (list: readonly number[]) => list.reduce((a, b) => a + b, 0)",
  wait: "async (all: unknown) => (await new Promise((resolve) => setTimeout(resolve, 700)), all)",
}
const WORKFLOW = {
  name: "outer",
  functions: Object.fromEntries(Object.keys(HANDLERS).map((name) => [name, { handler: `./${name}.ts` }])),
  workflows: {
    reckon: { steps: { double: { function: "double", configSpace }, sum: { function: "sum", configSpace } } },
  },
  steps: {
    list: { function: "list", configSpace },
    reckon: { workflow: "reckon", after: ["list"] },
    wait: { function: "wait", after: ["reckon"], configSpace },
  },
}

beforeAll(() => {
  for (const [name, body] of Object.entries(HANDLERS))
    writeFileSync(join(folder, `${name}.ts`), `export const handler = ${body}\n`)
  writeFileSync(join(folder, "workflow.json"), JSON.stringify(WORKFLOW))
  const config = { workflow: "./workflow.json", input: 4, platform: { kind: "local" } }
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify(config))
  const { status, stderr } = trimtab("profile", "--max-time", "6s", "--json")
  expect(status, stderr).toBe(0)
}, 120_000)

test("a workflow inside another one is profiled, planned and run with it", { timeout: 120_000 }, () => {
  const plan = trimtab("plan", "--slo", "60s", "--json")
  expect(plan.status, plan.stderr).toBe(0)
  for (const step of ["reckon.double", "reckon.sum"]) expect(plan.stdout).toContain(step)
  const ended = trimtab("run", "--slo", "60s", "--hedge", "all", "--prewarm", "paper", "--json")
  expect(ended.status, ended.stderr).toBe(0)
  const result = JSON.parse(ended.stdout) as RunResult
  expect(result.output).toEqual({ double: [0, 2, 4, 6], sum: 6 })
  expect(result.steps.map(({ name }) => name)).toEqual(["list", "reckon.double", "reckon.sum", "wait"])
  expect(trimtab("show", result.runId).stdout).toMatch(/reckon\.double/)
})

test("a run that is late is ended where that is asked for, and can be gone on with", { timeout: 120_000 }, () => {
  // Nobody waits for the last step, which alone takes longer than this.
  const late = trimtab("run", "--slo", "600ms", "--best-effort", "--on-deadline", "cancel", "--json")
  expect(late.status, late.stderr).toBe(3)
  const result = JSON.parse(late.stdout) as RunResult
  expect(result).toMatchObject({ status: "cancelled", error: { step: "", errorType: "DeadlineExceeded" } })
  expect(trimtab("events", result.runId).stdout).toMatch(/deadline reached/)
  const again = trimtab("redrive", result.runId, "--slo", "60s", "--json")
  expect(again.status, again.stderr).toBe(0)
  expect(JSON.parse(again.stdout)).toMatchObject({ status: "succeeded", output: { double: [0, 2, 4, 6], sum: 6 } })
})
