import { expect, test } from "vitest"
import { quantile } from "../statistics/quantile-table.ts"
import { createEstimator } from "./profile-estimator.ts"
import type { StepSample } from "./sample.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"
import { instanceSample, SPARSE_CAMPAIGN, SYNTHETIC, syntheticProfile } from "./testing/synthetic-profile.ts"

const PROFILE = syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, repetitions: 2 })
const ESTIMATOR = createEstimator(optionsFor([PROFILE]))

test("names samples, their age and sources, and the error at sizes left out", () => {
  const basis = ESTIMATOR.basis("mark")
  expect(basis.modelVersion).toBe(ESTIMATOR.modelVersion)
  expect(basis.samples).toEqual({ instances: 36, invocations: 36, steps: 36 })
  expect([basis.oldestAtMs, basis.newestAtMs]).toEqual([0, Math.max(...PROFILE.samples.map(({ atMs }) => atMs))])
  expect(basis.sources).toEqual({ campaign: 72 })
  expect(basis.error.heldOutPct!).toBeGreaterThan(0)
  // 3 % of noise and a form that is exactly right.
  expect(basis.error.heldOutPct!).toBeLessThan(6)
  expect(basis.error.coverage95).toBeNull()
  expect(basis.drift).toEqual({ epoch: 0, alarm: null, changedAtMs: null, ratio: 1, wantsProfiling: false })
  expect(basis.doubtful).toBe(false)
})

test("counts the runs inside their P95", () => {
  const p95 = quantile(estimateAt(ESTIMATOR, { memoryMB: 768, tasks: 6, warm: 1 }).latencyMs, 0.95)
  const run = (wallMs: number, atMs: number): StepSample => ({
    kind: "step",
    atMs,
    source: "run",
    config: { memoryMB: 768, instances: 1, processes: 1 },
    tasks: 6,
    cold: 0,
    mappingDelayMs: 8,
    wallMs,
    contended: false,
    enforced: "cgroup-v1",
    codeSha256: "a",
  })
  const samples = [...PROFILE.samples, ...[0.8, 0.8, 0.8, 3].map((share, i) => run(share * p95, 1000 + i))]
  const { coverage95 } = createEstimator(optionsFor([{ functionName: "mark", samples }])).basis("mark").error
  expect(coverage95).toMatchObject({ runs: 4, covered: 3, outOfSample: false })
  expect(coverage95!.interval.low).toBeLessThan(0.75)
})

test("says what is borrowed; an estimate that mostly rests on it is transferred", () => {
  const estimator = createEstimator(optionsFor([{ functionName: "f", samples: [instanceSample({ computeMs: 20 })] }]))
  expect(estimator.basis("f").borrowed).toEqual(["mappingDelay", "init", "download", "upload", "noise"])
  expect(estimator.basis("f").error.heldOutPct).toBeNull()
  expect(estimateAt(estimator, { tasks: 1 }).support).toBe("transferred")
  const long = createEstimator(optionsFor([{ functionName: "f", samples: [instanceSample({ computeMs: 5000 })] }]))
  expect(estimateAt(long, { tasks: 1 }).support).toBe("measured")
  expect(ESTIMATOR.basis("mark").borrowed).not.toContain("noise")
})

test("throws like an estimate where nothing is known", () => {
  expect(() => createEstimator(optionsFor([{ functionName: "f", samples: [] }])).basis("f")).toThrow(/no measured/)
})
