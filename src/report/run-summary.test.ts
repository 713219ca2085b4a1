import { describe, expect, it } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { attemptTable } from "./attempt-table.ts"
import { gantt } from "./gantt.ts"
import { runPage } from "./run-page.ts"
import { hedgesText, prewarmText, summaryFacts } from "./run-summary.ts"
import { verdictOf } from "./run-verdict.ts"
import { videoRun } from "./testing/video-run.ts"

const base = videoRun()

/** The run with a late invocation that was sent again. */
function hedged(): RunResult {
  const [first, ...steps] = base.steps
  const slow = first!.invocations[0]!
  const invocations = [
    { ...slow, repeat: 1, hedge: true as const },
    { ...slow, outcome: "overtaken" },
    ...first!.invocations.slice(1),
  ]
  return {
    ...base,
    steps: [{ ...first!, invocations }, ...steps],
    hedges: { sent: 1, won: 1, costUsd: 2e-6, late: 0, lateUsd: 0 },
  }
}

describe("the summary of a run", () => {
  it("says what prewarming gained, cost, and left out", () => {
    const prewarm = { ...base.prewarm, rule: "newsvendor", unused: 2, declined: 1, avoidedMs: 1_250 }
    expect(prewarmText({ ...base, prewarm })).toMatch(
      /38 warmed, 35 used, 3 in vain, 1,250 ms of mapping delay avoided, \$\S+; not made for 1 step, where it would not have paid$/,
    )
    expect(prewarmText({ ...base, prewarm: { asked: 0, warmed: 0, hits: 0, costUsd: 0 } })).toBe(
      "nothing was warmed ahead",
    )
  })

  it("has a line for duplicates where there were any", () => {
    expect(summaryFacts(base).map(({ label }) => label)).not.toContain("Hedges")
    const { text } = summaryFacts(hedged()).find(({ label }) => label === "Hedges")!
    expect(text).toMatch(/^1 late invocation sent again, 1 of them came first; \$0\.000002/)
    expect(text).toBe(hedgesText(hedged().hedges!))
  })

  it("shows an overtaken invocation as that, not as a failure", () => {
    const html = JSON.stringify([attemptTable(hedged()), gantt(hedged(), { id: "g" })])
    for (const part of ["tag warn", "overtaken", "cold, hedge", "duplicate"])
      expect([part, html.includes(part)]).toEqual([part, true])
  })

  it("stands on the page, too", () => {
    const html = runPage(hedged())
    for (const part of ["Prewarming: 39 instances", "Hedges: 1 late invocation"])
      expect([part, html.includes(part)]).toEqual([part, true])
  })

  it("says which deadline ended a run", () => {
    const error = { step: "", errorType: "DeadlineExceeded", message: "the run had not ended by its deadline, 20.0 s" }
    expect(verdictOf({ ...base, status: "cancelled", error })).toMatchObject({
      label: "Cancelled",
      sentence: "after 18.4 s: the run had not ended by its deadline, 20.0 s",
    })
    expect(verdictOf({ ...base, status: "failed", error }).sentence).toMatch(/^DeadlineExceeded: /)
  })
})
