import { describe, expect, test } from "vitest"
import { quantile } from "../statistics/quantile-table.ts"
import { coldStarts, pointOf } from "./compiled-space.ts"
import { createEstimator } from "./profile-estimator.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"
import { SPARSE_CAMPAIGN, SYNTHETIC, syntheticProfile } from "./testing/synthetic-profile.ts"

const ESTIMATOR = createEstimator(optionsFor([syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, repetitions: 2 })]))
const INSTANCES = 6
const TASKS = 12

/** With k warm instances, 6 instances count max(0, 6 - k) cold starts: the same point of the compiled space. */
describe("warm feedback", () => {
  const at = (warm: number): ReturnType<typeof estimateAt> =>
    estimateAt(ESTIMATOR, { memoryMB: 1024, instances: INSTANCES, tasks: TASKS, warm })

  test("more warm instances than are used change nothing, fewer raise delay and bill one cold start at a time", () => {
    expect(at(INSTANCES + 30)).toEqual(at(INSTANCES))
    for (let warm = INSTANCES; warm > 0; warm--) {
      const less = at(warm - 1)
      expect(quantile(less.parts.mappingDelay, 0.5)).toBeGreaterThan(quantile(at(warm).parts.mappingDelay, 0.5))
      expect(less.costUsd.mean).toBeGreaterThan(at(warm).costUsd.mean)
    }
    // Each cold start bills the same init: six of them cost six times one, to rounding.
    const one = at(INSTANCES - 1).costUsd.mean - at(INSTANCES).costUsd.mean
    expect((at(0).costUsd.mean - at(INSTANCES).costUsd.mean) / one).toBeCloseTo(INSTANCES, 6)
  })

  test("the compiled space holds the delay of each count of cold starts where the estimate has it", () => {
    const axis = (min: number, max: number, step: number): { min: number; max: number; step: number } => ({
      min,
      max,
      step,
    })
    const space = { memoryMB: axis(1024, 1024, 64), instances: axis(1, 8, 1), processes: axis(1, 1, 1) }
    const compiled = ESTIMATOR.compile({ step: "mark", space, tasks: TASKS, percentile: 0.95 })
    const extras: [cold: number, ms: number][] = []
    for (const warm of [0, 2, 5, 6, 9]) {
      const cold = coldStarts(TASKS, INSTANCES, warm)
      expect(cold).toBe(Math.max(0, INSTANCES - warm))
      const config = { memoryMB: 1024, instances: INSTANCES, processes: 1 }
      expect(pointOf(compiled, config, cold)).toBeDefined()
      const row = compiled.instances.indexOf(INSTANCES) * (compiled.instances.at(-1)! + 1)
      const extra = compiled.median.mappingDelayMs[row + cold]! - quantile(at(warm).parts.mappingDelay, 0.5)
      extras.push([cold, extra])
    }
    // The space puts the extra work of a first call into the delay, the estimate into compute: once, however many.
    const once = extras.find(([cold]) => cold > 0)![1]
    expect(once).toBeGreaterThan(0)
    for (const [cold, extra] of extras) expect(extra).toBeCloseTo(cold > 0 ? once : 0, 6)
  })

  test("with fewer tasks than instances only those that run count", () => {
    expect(coldStarts(3, 8, 1)).toBe(2)
    expect(coldStarts(3, 8, 3)).toBe(0)
  })
})
