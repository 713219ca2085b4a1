import { describe, expect, test } from "vitest"
import { costOf, latencyOf, pointOf } from "../../estimation/compiled-space.ts"
import { createEstimator } from "../../estimation/profile-estimator.ts"
import { optionsFor } from "../../estimation/testing/one-step.ts"
import { SPARSE_CAMPAIGN, SYNTHETIC, syntheticProfile } from "../../estimation/testing/synthetic-profile.ts"
import { DEFAULT_CONFIG_SPACE } from "../../workflow/config.ts"
import { thinnedDraws, thinnedSpace } from "./thinned-space.ts"

const estimator = createEstimator(optionsFor([syntheticProfile(SYNTHETIC, SPARSE_CAMPAIGN)]))
const request = { step: "mark", space: DEFAULT_CONFIG_SPACE, tasks: 24, percentile: 0.95 }
const whole = estimator.compile(request)

describe("a thinned space", () => {
  const thin = thinnedSpace(whole, { memories: 12, instances: 6 })

  test("keeps the ends and as much between them as it may", () => {
    expect(thin.memoryMB.length).toBeLessThanOrEqual(12)
    expect(thin.instances.length).toBeLessThanOrEqual(6)
    expect([thin.memoryMB[0], thin.memoryMB.at(-1)]).toEqual([whole.memoryMB[0], whole.memoryMB.at(-1)])
    expect([thin.instances[0], thin.instances.at(-1)]).toEqual([1, 64])
  })

  test("says of every configuration that is left what the whole one says", () => {
    for (const memoryMB of thin.memoryMB)
      for (const instances of thin.instances)
        for (const processes of thin.processes) {
          const config = { memoryMB, instances, processes }
          for (const cold of [0, Math.min(instances, 24)]) {
            const [own, all] = [pointOf(thin, config, cold)!, pointOf(whole, config, cold)!]
            for (const level of ["median", "percentile", "mean"] as const)
              expect(latencyOf(thin, own, level)).toBe(latencyOf(whole, all, level))
            expect(costOf(thin, own)).toBe(costOf(whole, all))
          }
        }
  })

  test("of a small space is the space itself", () => {
    expect(thinnedSpace(whole, { memories: 1000, instances: 64 })).toBe(whole)
  })

  test("has the draws of its configurations", () => {
    const draws = estimator.draws({ ...request, count: 4, seed: 1 })
    const few = thinnedDraws(draws, { memories: 12, instances: 6 })
    const width = whole.processes.length * whole.tasksPerInstance.length
    for (const [m, memoryMB] of few.known.memoryMB.entries()) {
      const row = whole.memoryMB.indexOf(memoryMB)
      for (const b of [0, 3])
        expect(few.logFactors[b]!.slice(m * width, (m + 1) * width)).toEqual(
          draws.logFactors[b]!.slice(row * width, (row + 1) * width),
        )
    }
  })
})
