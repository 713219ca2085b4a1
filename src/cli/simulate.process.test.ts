import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { SimulationReport } from "../report/simulation-report.ts"
import { importedProject } from "./testing/imported-project.ts"

// Simulations from imported measurements, through the command line: no function exists, no platform is started.

const folder = mkdtempSync(join(tmpdir(), "trimtab-simulate-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let trimtab: ReturnType<typeof importedProject>
beforeAll(() => {
  trimtab = importedProject(folder)
})

function simulated(...args: string[]): SimulationReport {
  const ended = trimtab("simulate", ...args, "--json")
  expect([0, 3], ended.stderr).toContain(ended.status)
  return JSON.parse(ended.stdout) as SimulationReport
}

describe("trimtab simulate", () => {
  test("says how often the goal is met, with an interval, and what it costs", () => {
    const report = simulated("--runs", "60", "--arrivals", "poisson:10/min")
    expect(report).toMatchObject({ schemaVersion: 1, workflow: "frames", policy: "trimtab", runs: 60, seed: 1 })
    expect(report.attainment.low).toBeLessThan(report.attainment.share)
    expect(report.attainment.share).toBeGreaterThan(0.8)
    expect(report.latencyMs.p50).toBeGreaterThan(2000)
    expect(report.costUsd.mean).toBeGreaterThan(0)
    expect(report.steps.map((step) => step.name)).toEqual(["cut", "mark"])
  })

  test("gives the same bytes for the same seed", () => {
    const args = ["simulate", "--runs", "30", "--arrivals", "azure:20/min", "--json", "--seed", "5"]
    const first = trimtab(...args)
    expect(first.status, first.stderr).toBe(0)
    expect(trimtab(...args).stdout).toBe(first.stdout)
    expect(trimtab(...args.slice(0, -1), "6").stdout).not.toBe(first.stdout)
  })

  test("exits with 3 when the goal surely is missed", () => {
    const ended = trimtab("simulate", "--slo", "2s", "--runs", "30", "--json")
    expect(ended.status).toBe(3)
    expect((JSON.parse(ended.stdout) as SimulationReport).attainment.high).toBeLessThan(0.95)
  })

  test("plays an outage from a file of faults, and survives it", () => {
    const faults = [
      { kind: "unavailable", fromMs: 20_000, untilMs: 40_000 },
      { kind: "throttled", share: 0.05 },
    ]
    writeFileSync(join(folder, "faults.json"), JSON.stringify({ faults }))
    const load = ["--runs", "40", "--arrivals", "poisson:30/min"]
    const calm = simulated(...load)
    const report = simulated(...load, "--faults", "faults.json")
    expect(report.statuses).toEqual({ succeeded: 40 })
    expect(report.retries).toBeGreaterThan(0)
    expect(report.faults).toBeGreaterThan(0)
    expect(report.latencyMs.max).toBeGreaterThan(calm.latencyMs.max + 5_000)
  })

  test("plays the faults of the guide", () => {
    const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/simulation.md"), "utf8")
    writeFileSync(join(folder, "guide.json"), /```json\n([^]*?)```/.exec(guide)![1]!)
    const report = simulated("--runs", "40", "--arrivals", "poisson:20/min", "--faults", "guide.json")
    expect(report.statuses).toEqual({ succeeded: 40 })
    expect(report.faults).toBeGreaterThan(0)
  })

  test("writes a page that loads nothing, and a line for every run", () => {
    const ended = trimtab("simulate", "--runs", "25", "--html", "s.html", "--csv", "s.csv", "--draw", "slowest")
    expect(ended.status, ended.stderr).toBe(0)
    expect(ended.stdout).toContain("of 25 runs within 8,000 ms")
    const page = readFileSync(join(folder, "s.html"), "utf8")
    expect(page).toContain("default-src 'none'")
    expect(page).toContain('id="gantt')
    expect(readFileSync(join(folder, "s.csv"), "utf8").trimEnd().split("\n")).toHaveLength(26)
  })

  test("takes a preset, a plan that is kept, and a trace", () => {
    writeFileSync(join(folder, "trace.csv"), "at\n0\n1\n1.5\n9\n")
    expect(simulated("--runs", "5", "--platform", "knative")).toMatchObject({ runs: 5, platform: "on knative" })
    expect(simulated("--runs", "9", "--arrivals", "trace:trace.csv").runs).toBe(4)
    expect(simulated("--runs", "5", "--planner", "stepconf").policy).toBe("stepconf, static")
  })

  test("refuses a workflow that hangs on outputs, in one line", () => {
    const step = { function: "cut", loop: { while: { path: "more", operator: "==", value: true }, max: 3 } }
    const workflow = {
      name: "again",
      functions: { cut: { handler: "./none.ts" } },
      steps: { cut: step },
      goal: { sloMs: 9000 },
    }
    writeFileSync(join(folder, "again.json"), JSON.stringify(workflow))
    const ended = trimtab("simulate", "--config", "again.json")
    expect(ended.status).toBe(2)
    expect(ended.stderr.trim().split("\n")).toHaveLength(1)
    expect(ended.stderr).toContain("step cut uses loop, which hangs on outputs")
  })

  test("refuses what makes no sense, with what would", () => {
    const cases = [
      [["--platform", "moon"], "there is no simulated platform moon"],
      [["--policy", "luck"], "there is no policy luck"],
      [["--arrivals", "poisson"], "arrivals are poisson:2/s"],
      [["--faults", "none.json"], "none.json cannot be read"],
    ] as const
    for (const [args, message] of cases) {
      const ended = trimtab("simulate", ...args)
      expect(ended.status, args.join(" ")).toBe(2)
      expect(ended.stderr).toContain(message)
      expect(ended.stdout).toBe("")
    }
  })
})
