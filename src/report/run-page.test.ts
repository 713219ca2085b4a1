import { describe, expect, it } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { comparePage } from "./compare-page.ts"
import { runPage } from "./run-page.ts"
import { videoRun } from "./testing/video-run.ts"

const EVIL = `</title></style><script>alert("x")</script><img src=x onerror=alert(1)>'"&`

/** The run with every text that comes from outside replaced by an attack. */
function hostileRun(): RunResult {
  const result = videoRun()
  const steps = result.steps.map((step) => ({
    ...step,
    name: step.name + EVIL,
    function: EVIL,
    reason: EVIL,
    after: step.after.map((name) => name + EVIL),
    invocations: step.invocations.map((invocation) => ({ ...invocation, outcome: EVIL })),
  }))
  return {
    ...result,
    runId: EVIL,
    workflow: EVIL,
    policy: EVIL,
    enforcement: EVIL,
    status: "failed",
    error: { step: EVIL, errorType: EVIL, message: EVIL },
    criticalPath: result.criticalPath.map((name) => name + EVIL),
    costLines: [...result.costLines, { meter: EVIL, quantity: EVIL, usd: null }],
    steps,
  }
}

describe("page of a run", () => {
  it("says first whether the goal was met, how long the run took and what it cost", () => {
    const html = runPage(videoRun())
    expect(html).toContain("<title>video: SLO met, 18.4 s</title>")
    expect(html).toContain('<div class="value">SLO met</div>')
    expect(html).toContain('<div class="value">18.4 s</div>')
    expect(html).toContain('<div class="value">$0.005484</div>')
  })

  it("tells for each step what was chosen, why, and what else there was", () => {
    const result = videoRun()
    const log = runPage(result).split('<ol class="decisions">')[1]?.split("</ol>")[0] ?? ""
    expect(log.match(/<li class="decision"/g)).toHaveLength(result.steps.length)
    for (const step of result.steps) {
      expect(log).toContain(`data-step="${step.name}"`)
      expect(log).toContain(step.reason)
    }
    expect(log).toContain("3,538 MB × 12 × 2")
    expect(log).toContain("2 attempts")
  })

  it("loads nothing and runs nothing", () => {
    const html = runPage(videoRun())
    expect(html).toContain("default-src 'none'; style-src 'unsafe-inline'")
    expect(html).not.toMatch(/<script|<link|<iframe|<object|\ssrc=|\shref=|url\(|@import|\son\w+=/i)
  })

  it("makes names, reasons and errors harmless", () => {
    for (const html of [runPage(hostileRun()), comparePage([hostileRun(), videoRun()])]) {
      expect(html).not.toMatch(/<script|<img|"x"\)<\/script>/i)
      expect(html.match(/<\/style>/g)).toHaveLength(1)
      expect(html.match(/<title>/g)?.length).toBe(html.match(/<title>[^<]/g)?.length)
      expect(html).toContain("&lt;script>")
    }
  })

  it("says that a price is unknown and that the total is at least", () => {
    const result = videoRun()
    const html = runPage({ ...result, costLines: [...result.costLines, { meter: "gpu", quantity: "7", usd: null }] })
    expect(html).toContain("price unknown")
    expect(html).toContain("Total, at least")
    expect(html).toContain("≥ $0.005484")
  })

  it("lists failures before cold starts", () => {
    const section = runPage(videoRun()).split("Cold starts and attempts</h2>")[1] ?? ""
    expect(section.indexOf("function-error")).toBeGreaterThan(0)
    expect(section.indexOf("function-error")).toBeLessThan(section.indexOf("ok, cold"))
  })

  it("can be made of a run that failed before its first step", () => {
    const result = videoRun()
    const html = runPage({
      ...result,
      steps: [],
      criticalPath: [],
      decisionMs: [],
      costLines: [],
      latencyMs: 0,
      costUsd: 0,
      overheadMs: 0,
      status: "failed",
      error: { step: "pull", errorType: "Refused", message: "no permission" },
      prewarm: { asked: 0, warmed: 0, hits: 0, costUsd: 0 },
    })
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
    expect(html).toContain("Step pull failed: Refused.")
  })

  it("is the same every time", () => {
    expect(runPage(videoRun())).toBe(runPage(videoRun()))
  })
})

describe("page that compares runs", () => {
  const loose = videoRun()
  const tight = videoRun({ goal: "tight" })

  it("shows decisions side by side and marks where they differ", () => {
    const html = comparePage([loose, tight])
    expect(html).toContain(">SLO 20.0 s</th>")
    expect(html).toContain(">SLO 13.0 s</th>")
    expect(html).toContain('<span class="tag accent">5,120 MB × 24 × 1</span>')
    expect(html.match(/class="tag accent"/g)).toHaveLength(7)
    expect(html).toContain("12.6 s (-32 %)")
  })

  it("has a time line for each run, with ids of its own", () => {
    const html = comparePage([loose, tight])
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    expect(html.match(/class="lane"/g)).toHaveLength(16)
  })

  it("tells runs of one goal apart by their ids, and of several policies by these", () => {
    expect(comparePage([loose, { ...loose, runId: "second" }])).toContain(">SLO 20.0 s, second</th>")
    expect(comparePage([loose, { ...loose, policy: "static" }])).toContain(">static, SLO 20.0 s</th>")
  })

  it("takes runs whose steps are not the same", () => {
    const shorter = { ...tight, steps: tight.steps.filter((step) => step.name !== "text") }
    expect(comparePage([shorter, loose])).not.toMatch(/NaN|undefined/)
    expect(() => comparePage([])).toThrow("no run to compare")
  })
})
