import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, expect, test } from "vitest"

const cli = resolve(import.meta.dirname, "../../bin/trimtab.js")
const folder = mkdtempSync(join(tmpdir(), "trimtab-init-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function trimtab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8" })
}

test("init writes a workflow that profiles, plans and runs at once, and overwrites nothing", () => {
  expect(trimtab("init").status).toBe(0)
  const before = readFileSync(join(folder, "workflow.yaml"), "utf8")
  const again = trimtab("init")
  expect(again.status).toBe(2)
  expect(again.stderr).toContain("nothing was written")
  expect(readFileSync(join(folder, "workflow.yaml"), "utf8")).toBe(before)

  const profiled = trimtab("profile", "--json")
  expect(profiled.status, profiled.stderr).toBe(0)
  expect(JSON.parse(profiled.stdout)).toMatchObject({ schemaVersion: 1, ended: "complete" })
  const planned = trimtab("plan", "--slo", "60s", "--json")
  expect(JSON.parse(planned.stdout)).toMatchObject({ steps: [{ step: "cut" }, { step: "count" }, { step: "add" }] })
  const run = trimtab("run", "--slo", "60s", "--json")
  expect(run.status, run.stderr).toBe(0)
  // There are 92,938 primes below 1,200,000.
  const done = { status: "succeeded", sloMet: true, output: { primes: 92_938 } }
  expect(JSON.parse(run.stdout)).toMatchObject({ ...done, policy: "trimtab" })
  for (const policy of ["static", "stepconf"]) {
    const other = trimtab("run", "--slo", "60s", "--policy", policy, "--json")
    expect(other.status, other.stderr).toBe(0)
    expect(JSON.parse(other.stdout)).toMatchObject({ ...done, policy })
  }
  const list = JSON.parse(trimtab("runs", "--json").stdout) as { runs: { runId: string }[] }
  expect(list).toMatchObject({ runs: [{ status: "succeeded" }, { status: "succeeded" }, { status: "succeeded" }] })
  const shown = JSON.parse(trimtab("show", list.runs[0]!.runId, "--json").stdout) as object
  expect(shown).toMatchObject({ result: JSON.parse(run.stdout), steps: [{ phase: "succeeded" }, {}, {}] })
  const lines = trimtab("events", "--json").stdout.trim().split("\n")
  const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind)
  expect(kinds.filter((kind) => kind === "run-finished")).toHaveLength(list.runs.length)
  expect(kinds.filter((kind) => kind === "step-decided")).toHaveLength(3 * list.runs.length)
  expect(trimtab("events", list.runs[1]!.runId).stdout).toMatch(/accepted\n[^]* cut: .*\n[^]*succeeded\n$/)
  expect(trimtab("show", "nobody")).toMatchObject({ status: 2, stdout: "" })
  expect(readdirSync(join(folder, ".trimtab/runs")).filter((name) => name.endsWith(".html"))).toHaveLength(3)
  expect(trimtab("resume").stdout).toContain("no run was cut off")
}, 120_000)
