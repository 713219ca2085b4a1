import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { PROBABILITIES } from "../statistics/distribution.ts"
import { quantile } from "../statistics/quantile-table.ts"
import type { Estimate, Estimator } from "./estimator.ts"
import { createEstimator } from "./profile-estimator.ts"
import type { InstanceSample, Profile } from "./sample.ts"
import { estimateAt, optionsFor, plainStep } from "./testing/one-step.ts"
import { instanceSample, SPARSE_CAMPAIGN, SYNTHETIC, syntheticProfile } from "./testing/synthetic-profile.ts"

const PROFILE = syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, repetitions: 2 })
const ESTIMATOR = createEstimator(optionsFor([PROFILE]))
const p50 = (estimate: Estimate): number => quantile(estimate.latencyMs, 0.5)

describe("few and odd samples", () => {
  test("one sample: linear in tasks, 1/u below one vCPU, and nothing but its own point is measured", () => {
    const estimator = createEstimator(optionsFor([{ functionName: "f", samples: [instanceSample()] }]))
    const compute = (memoryMB: number, tasks: number): number =>
      quantile(estimateAt(estimator, { memoryMB, tasks }).parts.compute, 0.5)
    // The noise's upper tail is heavier than its lower one: with the form's error its median moves by 2e-4.
    expect(compute(1024, 1) / 500).toBeCloseTo(1, 3)
    expect(compute(512, 1) / 1000).toBeCloseTo(1, 3)
    expect(compute(1024, 3) / 1500).toBeCloseTo(1, 3)
    expect(estimateAt(estimator, { memoryMB: 1024, tasks: 1 }).support).toBe("measured")
    expect(estimateAt(estimator, { memoryMB: 512, tasks: 1 }).support).toBe("extrapolated")
  })

  test("only contended samples: an answer, but no claim to have measured", () => {
    const samples = [instanceSample({ contended: true })]
    const estimator = createEstimator(optionsFor([{ functionName: "f", samples }]))
    expect(estimateAt(estimator, { memoryMB: 1024, tasks: 1 }).support).toBe("extrapolated")
  })

  test("a function without a profile is not known and says what to do", () => {
    const options = optionsFor([PROFILE])
    const workflow = { ...options.workflow, functions: { ...options.workflow.functions } }
    workflow.functions["other"] = { name: "other", handler: "./o.ts", threads: "single" }
    const estimator = createEstimator({
      ...options,
      workflow: { ...workflow, steps: [...workflow.steps, plainStep("o", "other")] },
    })
    expect(estimator.steps).toEqual(["mark"])
    expect(() => estimateAt(estimator, { step: "o" })).toThrow(TrimtabError)
    expect(estimator.expectedTasks("o")).toBe(1)
  })

  test("steps of one function share its models; a step that is not split has one task", () => {
    const options = optionsFor([PROFILE])
    const steps = [plainStep("a", "mark"), plainStep("b", "mark", { split: { kind: "none" } })]
    const estimator = createEstimator({ ...options, workflow: { ...options.workflow, steps } })
    expect(estimator.steps).toEqual(["a", "b"])
    expect(p50(estimateAt(estimator, { step: "a" }))).toBe(p50(estimateAt(estimator, { step: "b" })))
    expect([estimator.expectedTasks("a"), estimator.expectedTasks("b")]).toEqual([6, 1])
  })

  test("order and repetition of samples change nothing but the count of them", () => {
    const turned: Profile = { functionName: "mark", samples: PROFILE.samples.toReversed() }
    const again = createEstimator(optionsFor([turned]))
    expect(again.modelVersion).toBe(ESTIMATOR.modelVersion)
    const doubled = createEstimator(
      optionsFor([{ functionName: "mark", samples: [...PROFILE.samples, ...PROFILE.samples] }]),
    )
    for (const memoryMB of [512, 2048]) {
      const expected = quantile(estimateAt(ESTIMATOR, { memoryMB }).parts.compute, 0.5)
      expect(quantile(estimateAt(again, { memoryMB }).parts.compute, 0.5) / expected).toBeCloseTo(1, 9)
      expect(quantile(estimateAt(doubled, { memoryMB }).parts.compute, 0.5) / expected).toBeCloseTo(1, 2)
    }
  })

  test("a fifth of the samples wild moves the median curve by less than 5 %", () => {
    const profile = syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, repetitions: 5 })
    const wild = profile.samples.map((sample, i) =>
      sample.kind === "instance" && !sample.cold && i % 10 === 4
        ? { ...sample, computeMs: sample.computeMs * 9 }
        : sample,
    )
    const [a, b] = [profile.samples, wild].map((samples) =>
      createEstimator(optionsFor([{ functionName: "mark", samples }])),
    )
    for (const memoryMB of [384, 1024, 2560]) {
      const compute = (estimator: Estimator): number => quantile(estimateAt(estimator, { memoryMB }).parts.compute, 0.5)
      expect(Math.abs(compute(b!) / compute(a!) - 1)).toBeLessThan(0.05)
    }
  })

  const numbers = fc.oneof(
    fc.double({ min: 0, max: 1e5, noNaN: true }),
    fc.constantFrom(Number.NaN, -5, 0, 1e12, Infinity),
  )
  const samples: fc.Arbitrary<InstanceSample> = fc
    .record({
      memoryMB: fc.constantFrom(128, 512, 1024, 3008, 0),
      processes: fc.integer({ min: 1, max: 4 }),
      tasks: fc.integer({ min: 1, max: 20 }),
      computeMs: numbers,
      initMs: numbers,
      downloadMs: numbers,
      downloadBytes: numbers,
      durationMs: numbers,
      peakProcessMB: numbers,
      cold: fc.boolean(),
      contended: fc.boolean(),
      outcome: fc.constantFrom("ok" as const, "ok" as const, "out-of-memory" as const, "timeout" as const),
    })
    .map((changes) => instanceSample(changes))

  test("poisoned profiles give finite estimates or a named error", () => {
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 12 }), (rows) => {
        const estimator = createEstimator(optionsFor([{ functionName: "f", samples: rows }]))
        for (const request of [
          { memoryMB: 256, tasks: 1 },
          { memoryMB: 3008, tasks: 9, instances: 4, processes: 3, warm: 0 },
        ]) {
          if (estimator.steps.length === 0) {
            expect(() => estimateAt(estimator, { ...request, step: "f" })).toThrow(/no measured invocation/)
            continue
          }
          const estimate = estimateAt(estimator, request)
          for (const p of PROBABILITIES) expect(Number.isFinite(quantile(estimate.latencyMs, p))).toBe(true)
          expect(Number.isFinite(estimate.costUsd.mean)).toBe(true)
          expect(Number.isFinite(estimate.costUsd.sd)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })
})
