import { describe, expect, test } from "vitest"
import { mean } from "../statistics/order-statistics.ts"
import type { ConfigSpace } from "../workflow/config.ts"
import { computeMs } from "./compute-model.ts"
import { createEstimator } from "./profile-estimator.ts"
import type { InstanceSample, Profile } from "./sample.ts"
import type { SpaceDraws } from "./space-draws.ts"
import { optionsFor } from "./testing/one-step.ts"
import { instanceSample, SYNTHETIC, syntheticProfile } from "./testing/synthetic-profile.ts"

const ONE = { min: 1, max: 1, step: 1 }
const SPACE: ConfigSpace = { memoryMB: { min: 256, max: 3072, step: 256 }, instances: ONE, processes: ONE }

function drawn(profile: Profile, { count = 64, seed = 1, tasks = 2 } = {}): SpaceDraws {
  const estimator = createEstimator(optionsFor([profile]))
  return estimator.draws({ step: profile.functionName, space: SPACE, tasks, percentile: 0.95, count, seed })
}

const oneRun = (memoryMB: number): Profile => ({ functionName: "f", samples: [instanceSample({ memoryMB })] })

function measured(repetitions: number, seed = 1): Profile {
  const memoriesMB = [256, 512, 1024, 1792, 3072]
  return syntheticProfile(SYNTHETIC, { memoriesMB, tasks: [2], processes: [1], repetitions, seed })
}

/** Sd of ln t over the draws, by size. */
function spreadOf({ logFactors }: SpaceDraws): number[] {
  return [...logFactors[0]!.keys()].map((at) => {
    const logs = logFactors.map((factors) => factors[at]!)
    const centre = mean(logs)
    return Math.sqrt(mean(logs.map((log) => (log - centre) ** 2)))
  })
}

describe("draws of a step's times", () => {
  test("agree where it was measured and differ the more the farther that is", () => {
    const spread = spreadOf(drawn(oneRun(1792), { tasks: 1 }))
    expect(spread[6]!).toBeLessThan(0.08)
    expect(spread[0]!).toBeGreaterThan(2 * spread[6]!)
    expect(spread[0]!).toBeGreaterThan(spread[3]!)
  })

  test("come together with every further run", () => {
    const typical = (repetitions: number): number =>
      mean([1, 2, 3].map((seed) => mean(spreadOf(drawn(measured(repetitions, seed))))))
    const spreads = [1, 4, 16].map(typical)
    expect(spreads[1]!).toBeLessThan(spreads[0]!)
    expect(spreads[2]!).toBeLessThan(spreads[1]!)
  })

  test("hold the truth between their 5 and 95 % quantiles at nine in ten sizes or so", () => {
    let inside = 0
    let all = 0
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const profile = measured(1, seed)
      const estimator = createEstimator(optionsFor([profile]))
      const { known, logFactors } = drawn(profile)
      // Median compute of the fit, to which the factors belong.
      const fitted = estimator.compile({ step: "mark", space: SPACE, tasks: 2, percentile: 0.95 }).median.computeMs
      for (const [m, memoryMB] of known.memoryMB.entries()) {
        const truth = Math.log(computeMs(SYNTHETIC.compute, { memoryMB, processes: 1, tasks: 2 }) / fitted[m]!)
        const logs = logFactors.map((factors) => factors[m]!).sort((a, b) => a - b)
        inside += Number(truth >= logs[3]! && truth <= logs[60]!)
        all++
      }
    }
    expect(inside / all).toBeGreaterThan(0.8)
  })

  test("are the same for the same seed, others for another, and in any order of the samples", () => {
    const profile = measured(1)
    expect(drawn(profile).logFactors).toEqual(drawn(profile).logFactors)
    expect(drawn(profile, { seed: 2 }).logFactors).not.toEqual(drawn(profile).logFactors)
    const turned = { ...profile, samples: profile.samples.toReversed() }
    expect(drawn(turned).logFactors).toEqual(drawn(profile).logFactors)
  })

  test("leave the noise from run to run in the space, and its form error out", () => {
    const profile = measured(4)
    const { known, noiseSd } = drawn(profile)
    const estimator = createEstimator(optionsFor([profile]))
    const all = estimator.compile({ step: "mark", space: SPACE, tasks: 2, percentile: 0.95 })
    for (const m of known.memoryMB.keys()) {
      const [own, whole] = [known, all].map((space) => space.computeMs[m]! / space.median.computeMs[m]!)
      expect(own!).toBeGreaterThan(1)
      expect(own!).toBeLessThan(whole!)
    }
    expect(noiseSd).toBeGreaterThan(0.01)
  })

  test("are finite for odd profiles: cold runs alone, one size, failures beside", () => {
    const cold: InstanceSample = instanceSample({ cold: true, initMs: 200 })
    const oom = instanceSample({ memoryMB: 256, outcome: "out-of-memory", computeMs: 0 })
    for (const samples of [[cold], [cold, oom], [instanceSample({ computeMs: 1e-9 })]]) {
      const { logFactors } = drawn({ functionName: "f", samples })
      expect(logFactors.every((factors) => factors.every(Number.isFinite))).toBe(true)
    }
  })
})
