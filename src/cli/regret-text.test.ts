import { expect, test } from "vitest"
import type { CampaignReport } from "../profiling/campaign-report.ts"
import type { RegretOutcome } from "../profiling/regret-phase.ts"
import { regretLines } from "./regret-text.ts"

const RULE = { share: 0.01, runs: 1000 }
const mark = { memoryMB: 1024, instances: 4, processes: 1 }
const regret = { expected: 1e-6, expectedShare: 0.002, share95: 0.008, expectedUsd: 1e-6 }
const STANDING: RegretOutcome = {
  goal: { kind: "cost", sloMs: 20_000, percentile: 0.95 },
  plan: { mark },
  regret,
  usualRegret: { ...regret, share95: 0.03 },
  planUsd: 0.0005,
  savingUsd: 0.0002,
  uncertain: [{ step: "mark", config: mark, otherShare: 0.4, memoryMB: [512, 1536], timeSd: 0.06 }],
  reason: "regret",
  measurements: 5,
}
const REPORT: CampaignReport = {
  invocations: 40,
  repeated: 0,
  failures: 0,
  samples: 40,
  elapsedMs: 9000,
  costUsd: 0.01,
  costLines: [],
  ended: "complete",
  skipped: 0,
  standing: STANDING,
  paybackRuns: 50,
  unreached: [],
  outputs: {},
}

test("says how sure the plan is, why it stopped, what is open and when it is paid back", () => {
  const text = regretLines(REPORT, RULE).join("\n")
  expect(text).toContain("at most 0.8 % above the best one with 95 % certainty")
  expect(text).toContain("mark 1024 MB x 4 x 1")
  expect(text).toContain("stopped: that is below 1.0 %")
  expect(text).toContain("still open: mark, between 512 and 1,536 MB; its time is uncertain by 6.0 %")
  expect(text).toContain("paid back after 50 runs")
  expect(text).toContain("the plan that trimtab plan makes of the same estimates: at most 3.0 % above the best one")
})

test("every reason has its words, and only what is known is said", () => {
  const reasons = ["regret", "not-worth", "nothing-left", "time", "cost", "invocations", "rounds"] as const
  const lines = reasons.map((reason) => {
    const standing = { ...STANDING, reason, usualRegret: regret, uncertain: [] }
    return regretLines({ ...REPORT, standing, paybackRuns: null }, RULE)
  })
  expect(lines.every((list) => list.length === 3)).toBe(true)
  expect(new Set(lines.map((list) => list[2])).size).toBe(reasons.length)
  expect(regretLines({ ...REPORT, standing: null }, RULE)).toEqual([])
})
