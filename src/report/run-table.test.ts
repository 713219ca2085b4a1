import { stripVTControlCharacters } from "node:util"
import { describe, expect, it } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { displayWidth } from "./display-width.ts"
import { runTable } from "./run-table.ts"
import { videoRun } from "./testing/video-run.ts"

const wide = (result: RunResult): string => runTable(result, { width: 140, color: false })

describe("run table", () => {
  it("shows every step measured and predicted, and why it was chosen", () => {
    const result = videoRun()
    const text = wide(result)
    const lines = text.split("\n")
    for (const step of result.steps) {
      const at = lines.findIndex((line) => line.startsWith(`${step.name} `))
      expect(lines[at]).toContain(`${step.config.memoryMB} MB x ${step.config.instances} x ${step.config.processes}`)
      expect(lines[at + 1]).toMatch(/^ {2}predicted/)
      expect(text).toContain(step.reason.slice(0, 40))
    }
    for (const header of ["TASKS", "TIME", "QUEUE", "START", "DOWN", "COMPUTE", "UP", "COLD", "WARMED", "COST"]) {
      expect(lines.find((line) => line.startsWith("STEP"))).toContain(header)
    }
  })

  it("ends with the run against its goal and the bill", () => {
    const text = wide(videoRun())
    expect(text).toContain("SLO met: 18.4 s of 20.0 s at p95: 1,586 ms to spare (92 % of the SLO)")
    expect(text).toMatch(/Latency +18\.4 s, of which 75 ms overhead/)
    expect(text).toMatch(/Prewarm +39 instances asked for, 38 warmed, 35 used, 3 in vain/)
    expect(text).toMatch(/Decisions +8 in /)
    expect(text).toMatch(/Enforcement +cgroup v2/)
    expect(text).toMatch(/lambda\.requests +42 /)
  })

  it("says by how much an SLO was missed", () => {
    expect(wide(videoRun({ sloMs: 17_000 }))).toContain(
      "SLO missed: 18.4 s of 17.0 s at p95: 1,414 ms late (108 % of the SLO)",
    )
  })

  it.each([40, 60, 80, 100, 120, 200])("stays inside %i cells, whatever the names", (width) => {
    const result = videoRun()
    const steps = result.steps.map((step) => ({
      ...step,
      name: `${step.name} with a name longer than any line may be`,
    }))
    for (const run of [result, { ...result, steps, workflow: "w".repeat(90), policy: "p".repeat(90) }]) {
      for (const line of runTable(run, { width, color: false }).split("\n")) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width)
      }
    }
  })

  it("says the same with colour as without", () => {
    const coloured = runTable(videoRun(), { width: 100, color: true })
    expect(coloured).toContain("\u001b[32m")
    expect(stripVTControlCharacters(coloured)).toBe(runTable(videoRun(), { width: 100, color: false }))
  })

  it("names an unknown price instead of $0", () => {
    const result = videoRun()
    const text = wide({ ...result, costLines: [...result.costLines, { meter: "gpu", quantity: "7", usd: null }] })
    expect(text).toMatch(/gpu +7 +price unknown/)
    expect(text).toContain("at least $")
  })

  it("shows a step that was skipped without inventing figures for it", () => {
    const result = videoRun()
    const steps = result.steps.map((step) => (step.name === "merge" ? { ...step, status: "skipped" as const } : step))
    const line = wide({ ...result, steps })
      .split("\n")
      .find((line) => line.startsWith("merge (skipped)"))
    expect(line).toMatch(/ -( +-)+$/)
  })

  it("cannot be made to clear the screen by a name", () => {
    const result = videoRun()
    const error = { step: "\u001b[2J", errorType: "E", message: "\u0007" }
    const text = wide({ ...result, workflow: "\u001b[2J", status: "failed", error })
    expect(stripVTControlCharacters(text)).toBe(text)
    expect(text).toContain("\\x1b[2J")
    expect(text).not.toContain("\u0007")
  })
})
