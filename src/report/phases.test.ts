import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { segmentsOf } from "./phases.ts"
import { videoRun } from "./testing/video-run.ts"

const times = fc.record({
  queueMs: fc.nat(500),
  initMs: fc.nat(500),
  downloadMs: fc.nat(500),
  computeMs: fc.nat(5000),
  uploadMs: fc.nat(500),
})

describe("phases", () => {
  it("follow each other without gap or overlap, inside the invocation", () => {
    const [template] = videoRun().steps.flatMap((step) => step.invocations)
    if (template === undefined) throw new Error("no invocation")
    fc.assert(
      fc.property(times, fc.nat(2000), fc.nat(9000), (times, startedAtMs, ranMs) => {
        const invocation = { ...template, ...times, sentAtMs: 0, startedAtMs, endedAtMs: startedAtMs + ranMs }
        const segments = segmentsOf(invocation)
        segments.forEach(({ fromMs, toMs }, i) => {
          expect(toMs).toBeGreaterThan(fromMs)
          expect(fromMs).toBe(segments[i - 1]?.toMs ?? 0)
          expect(toMs).toBeLessThanOrEqual(invocation.endedAtMs)
        })
      }),
    )
  })

  it("show the init of a cold start right before its work", () => {
    const cold = videoRun()
      .steps.flatMap((step) => step.invocations)
      .find((invocation) => invocation.coldStart)
    if (cold === undefined) throw new Error("no cold start")
    const init = segmentsOf(cold).find(({ phase }) => phase === "init")
    expect(init?.toMs).toBe(cold.startedAtMs)
    expect((init?.toMs ?? 0) - (init?.fromMs ?? 0)).toBeCloseTo(cold.initMs, 6)
  })
})
