import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { quantile } from "../statistics/quantile-table.ts"
import { computeCells } from "./cells.ts"
import { detectDrift } from "./compute-drift.ts"
import { createEstimator } from "./profile-estimator.ts"
import { selectSamples } from "./sample-selection.ts"
import { type InstanceSample, runsOf } from "./sample.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

const single = (computeMs: number, atMs = 0): InstanceSample =>
  instanceSample({ atMs, computeMs, durationMs: computeMs })
const meanOf = (runs: number, computeMs: number, atMs = 0): InstanceSample => ({
  ...single(computeMs, atMs),
  source: "import",
  aggregate: { runs },
})
const estimatorOf = (samples: readonly InstanceSample[]): ReturnType<typeof createEstimator> =>
  createEstimator(optionsFor([{ functionName: "f", samples }]))

test("a mean of many runs outweighs a single one in the median of its cell", () => {
  expect(runsOf(single(1))).toBe(1)
  const cells = computeCells([single(300), single(310), meanOf(50, 200)])
  expect(cells.map(({ ms }) => ms)).toEqual([200])
  expect(computeCells([single(300), single(310), meanOf(1, 200)])[0]!.ms).toBe(300)
})

test("means that hardly differ say nothing of how single runs spread", () => {
  const spreadOf = (samples: readonly InstanceSample[]): number => {
    const { compute } = estimateAt(estimatorOf(samples), { tasks: 1 }).parts
    return quantile(compute, 0.95) / quantile(compute, 0.5)
  }
  const means = Array.from({ length: 40 }, (_, i) => meanOf(100, 1000 + (i % 2), i))
  expect(spreadOf(means)).toBeCloseTo(spreadOf(means.slice(0, 1)), 9)
  const singles = means.map(({ aggregate: _runs, ...sample }) => sample)
  expect(spreadOf(singles)).toBeLessThan(spreadOf(means))
})

test("means ring no alarm and hide none", () => {
  const random = seededRandom(5)
  const noisy = (ms: number): number => ms * Math.exp(0.05 * normalQuantile(0.001 + 0.998 * random.next()))
  const steady = Array.from({ length: 60 }, (_, i) => single(noisy(1000), 2 * i))
  // The mean of times with a heavy tail lies above their median.
  const means = steady.map(({ atMs }) => meanOf(20, 1150, atMs + 1))
  expect(detectDrift([...steady, ...means]).changedAtMs).toBeNull()
  const changed = steady.map((sample, i) => (i < 40 ? sample : single(1.3 * sample.computeMs, sample.atMs)))
  expect(detectDrift([...changed, ...means])).toEqual(detectDrift(changed))
  expect(detectDrift(changed).state.last?.alarm).toBe("slower")
})

test("the basis counts the invocations behind a mean and calls the noise borrowed", () => {
  const basis = estimatorOf([meanOf(50, 1000), meanOf(30, 1010), single(1005)]).basis("f")
  expect(basis.samples).toEqual({ instances: 3, invocations: 81, steps: 0 })
  expect(basis.borrowed).toContain("noise")
})

test("a mean of several runs supersedes what was measured before a change", () => {
  const random = seededRandom(6)
  const noisy = (ms: number): number => ms * (0.98 + 0.04 * random.next())
  const before = Array.from({ length: 30 }, (_, i) => single(noisy(1000), i))
  const other = Array.from({ length: 30 }, (_, i) => ({ ...single(noisy(2000), 0.5 + i), memoryMB: 512 }))
  const after = Array.from({ length: 30 }, (_, i) => single(noisy(1400), 100 + i))
  const old = (samples: readonly InstanceSample[]): number =>
    selectSamples({ functionName: "f", samples }).ok.filter(({ memoryMB, atMs }) => memoryMB === 512 && atMs < 100)
      .length
  expect(old([...before, ...other, ...after])).toBe(30)
  expect(old([...before, ...other, ...after, { ...meanOf(20, 2800, 150), memoryMB: 512 }])).toBe(0)
})
