import { describe, expect, it } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { gantt, ganttEndMs } from "./gantt.ts"
import { ganttLanes } from "./gantt-layout.ts"
import { renderElement } from "./h.ts"
import { standaloneSvg } from "./svg.ts"
import { videoRun } from "./testing/video-run.ts"
import { timeTicks } from "./time-axis.ts"

/** The run with so many instances of its widest step. */
function withInstances(instances: number): RunResult {
  const result = videoRun()
  const steps = result.steps.map((step) => {
    const [first] = step.invocations
    if (step.name !== "superres" || first === undefined) return step
    const invocations = Array.from({ length: instances }, (_, part) => ({
      ...first,
      part,
      endedAtMs: first.endedAtMs + (part === 777 ? 5000 : 0),
    }))
    return { ...step, invocations }
  })
  return { ...result, steps }
}

describe("time line", () => {
  it("has a lane for each step and a bar for each invocation", () => {
    const result = videoRun()
    const svg = renderElement(gantt(result, { id: "g" }))
    const invocations = result.steps.flatMap((step) => step.invocations)
    expect(svg.match(/class="lane"/g)).toHaveLength(8)
    expect(svg.match(/class="invocation"/g)).toHaveLength(invocations.length)
    expect(svg).toContain("superres, instance 5: function-error")
    expect(svg).toContain("superres, instance 5, attempt 2: ok")
  })

  it("has a title and a description for those who cannot see it", () => {
    const svg = renderElement(gantt(videoRun(), { id: "my gantt" }))
    expect(svg).toContain('aria-labelledby="my-gantt-title my-gantt-description"')
    expect(svg).toContain('<title id="my-gantt-title">Time line of run run-video-loose</title>')
  })

  it("never lets lanes overlap, and keeps rows inside their lane", () => {
    for (const result of [videoRun(), withInstances(1000)]) {
      let below = 0
      for (const lane of ganttLanes(result)) {
        expect(lane.y).toBeGreaterThanOrEqual(below)
        below = lane.y + lane.height
        for (const row of lane.rows) {
          expect(row.y).toBeGreaterThanOrEqual(lane.y)
          expect(row.y + lane.rowHeight).toBeLessThanOrEqual(below)
        }
      }
    }
  })

  it("draws some of a thousand instances, the last to end among them, and says how many it left out", () => {
    const result = withInstances(1000)
    const lane = ganttLanes(result).find(({ step }) => step.name === "superres")
    expect(lane?.rows.length).toBeLessThan(70)
    expect((lane?.rows.length ?? 0) + (lane?.hidden ?? 0)).toBe(1000)
    expect(lane?.rows.some((row) => row.invocations.some(({ part }) => part === 777))).toBe(true)
    expect(renderElement(gantt(result, { id: "g" }))).toMatch(/93\d instances not drawn/)
  })

  it("reaches to an SLO that is near and ignores one that is far away", () => {
    expect(ganttEndMs(videoRun({ sloMs: 20_000 }))).toBeGreaterThan(20_000)
    expect(ganttEndMs(videoRun({ sloMs: 600_000 }))).toBeLessThan(25_000)
  })

  it("can be a file of its own, with its colours inside", () => {
    const svg = standaloneSvg(gantt(videoRun(), { id: "g" }))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><style>:root\{/)
    expect(svg).toContain("prefers-color-scheme:dark")
  })

  it("draws a run that never began", () => {
    const nothing = { ...videoRun(), steps: [], criticalPath: [], latencyMs: 0, sloMs: null }
    expect(renderElement(gantt(nothing, { id: "g" }))).not.toContain("NaN")
  })
})

describe("time axis", () => {
  it.each([
    [900, "ms"],
    [20_000, "s"],
    [1_800_000, "min"],
    [40_000_000, "h"],
  ])("of %i ms is written in %s", (endMs, unit) => {
    const ticks = timeTicks(endMs, 6)
    expect(ticks[0]).toEqual({ atMs: 0, text: "0" })
    for (const tick of ticks.slice(1)) expect(tick.text).toMatch(new RegExp(` ${unit}$`))
    expect(ticks.at(-1)?.atMs).toBeLessThanOrEqual(endMs)
  })
})
