import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { mean, quantile } from "../statistics/quantile-table.ts"
import { createEstimator } from "./profile-estimator.ts"
import { instanceSample, SPARSE_CAMPAIGN, SYNTHETIC, syntheticProfile } from "./testing/synthetic-profile.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"

const PROFILE = syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, repetitions: 2 })
const CONFIGS = [256, 1024, 3008].flatMap((memoryMB) =>
  [1, 4, 9].flatMap((instances) => [0, 64].map((warm) => ({ memoryMB, instances, warm, tasks: 12, processes: 2 }))),
)

test("the means of the parts add up to the mean of the step, and no part is negative", () => {
  const estimator = createEstimator(optionsFor([PROFILE]))
  for (const config of CONFIGS) {
    const { latencyMs, parts } = estimateAt(estimator, config)
    const means = Object.values(parts).map(mean)
    for (const part of means) expect(part).toBeGreaterThanOrEqual(0)
    // Spreads that add in squares around the median lose a little of skewed parts' means.
    expect(mean(latencyMs) / means.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 1.8)
  }
})

test("an answer does not depend on what was asked before", () => {
  const [used, fresh] = [createEstimator(optionsFor([PROFILE])), createEstimator(optionsFor([PROFILE]))]
  for (const config of CONFIGS) estimateAt(used, config)
  for (const config of CONFIGS.toReversed()) expect(estimateAt(used, config)).toEqual(estimateAt(fresh, config))
})

test("soon after an alarm estimates are wider than the same samples alone would make them", () => {
  const random = seededRandom(3)
  const samples = Array.from({ length: 120 }, (_, i) => {
    const computeMs = (i < 100 ? 1000 : 1400) * (0.95 + 0.1 * random.next())
    return instanceSample({ atMs: i, computeMs, source: "run" })
  })
  const estimatorOf = (from: number): ReturnType<typeof createEstimator> =>
    createEstimator(optionsFor([{ functionName: "f", samples: samples.slice(from) }]))
  const drifted = estimatorOf(0)
  const { alarm, changedAtMs } = drifted.basis("f").drift
  expect(alarm).toBe("slower")
  const spreadOf = (estimator: typeof drifted): number => {
    const { compute } = estimateAt(estimator, { tasks: 1 }).parts
    return quantile(compute, 0.95) / quantile(compute, 0.5)
  }
  expect(spreadOf(drifted)).toBeGreaterThan(spreadOf(estimatorOf(changedAtMs!)))
})
