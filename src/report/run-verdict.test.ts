import { describe, expect, it } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { videoRun } from "./testing/video-run.ts"
import { goalShare, verdictOf } from "./run-verdict.ts"

describe("verdict", () => {
  it("is about the budget when the goal is latency", () => {
    const run = (budgetUsd: number): RunResult => ({
      ...videoRun(),
      goal: { kind: "latency", budgetUsd, percentile: 0.9 },
      sloMs: null,
      sloMet: null,
    })
    expect(verdictOf(run(0.006))).toMatchObject({ tone: "good", label: "Within budget" })
    expect(verdictOf(run(0.005))).toMatchObject({ tone: "bad", label: "Over budget" })
    expect(goalShare(run(0.005))).toBeGreaterThan(1)
  })

  it("names the step and the error of a failed run", () => {
    const error = { step: "merge", errorType: "OutOfMemory", message: "killed at 1,769 MB" }
    const verdict = verdictOf({ ...videoRun(), status: "failed", error })
    expect(verdict).toEqual({ tone: "bad", label: "Failed", sentence: "step merge: OutOfMemory: killed at 1,769 MB" })
  })

  it("does not call a partial run a success", () => {
    expect(verdictOf({ ...videoRun(), status: "partial" })).toMatchObject({ tone: "warn", label: "Partial, SLO met" })
    expect(verdictOf({ ...videoRun(), status: "cancelled" }).tone).toBe("warn")
    expect(verdictOf({ ...videoRun(), status: "broken" }).tone).toBe("bad")
  })
})
