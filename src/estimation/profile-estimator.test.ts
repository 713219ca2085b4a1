import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { PROBABILITIES } from "../statistics/distribution.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { mean, quantile } from "../statistics/quantile-table.ts"
import type { ConfigSpace } from "../workflow/config.ts"
import { costOf, latencyOf, partsOf, pointOf } from "./compiled-space.ts"
import { computeMs } from "./compute-model.ts"
import type { Estimate } from "./estimator.ts"
import { createEstimator } from "./profile-estimator.ts"
import { estimateAt, optionsFor, plainStep } from "./testing/one-step.ts"
import {
  instanceSample,
  SPARSE_CAMPAIGN,
  SYNTHETIC,
  syntheticProfile,
  transferMs,
} from "./testing/synthetic-profile.ts"

const SPACE: ConfigSpace = {
  memoryMB: { min: 256, max: 3072, step: 256 },
  instances: { min: 1, max: 16, step: 1 },
  processes: { min: 1, max: 4, step: 1 },
}
const PROFILE = syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, repetitions: 2 })
const ESTIMATOR = createEstimator(optionsFor([PROFILE]))

const p50 = (estimate: Estimate): number => quantile(estimate.latencyMs, 0.5)

describe("accuracy", () => {
  test("a sparse campaign predicts whole steps at unseen configurations within 5 % on average", () => {
    const errors: number[] = []
    for (let seed = 1; seed <= 6; seed++) {
      const estimator = createEstimator(optionsFor([syntheticProfile(SYNTHETIC, { ...SPARSE_CAMPAIGN, seed })]))
      for (const memoryMB of [384, 512, 1024, 1536, 2048, 2560]) {
        for (const processes of [1, 2]) {
          for (const tasks of [1, 3, 4, 8]) {
            const truth =
              computeMs(SYNTHETIC.compute, { memoryMB, processes, tasks }) +
              SYNTHETIC.launchMs +
              transferMs(SYNTHETIC, { memoryMB, tasks })
            errors.push(Math.abs(p50(estimateAt(estimator, { memoryMB, processes, tasks })) / truth - 1))
          }
        }
      }
    }
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.03)
  })

  test("a cold step takes init and first-call work longer than a warm one", () => {
    for (const memoryMB of [512, 2048]) {
      const extra = p50(estimateAt(ESTIMATOR, { memoryMB, warm: 0 })) - p50(estimateAt(ESTIMATOR, { memoryMB }))
      const truth = SYNTHETIC.initMs + SYNTHETIC.coldWorkMs / Math.min(1, memoryMB / 1769)
      expect(Math.abs(extra / truth - 1)).toBeLessThan(0.25)
    }
  })
})

test("P50 and P95 of unseen configurations cover about what they say", () => {
  const truth = { ...SYNTHETIC, noise: 0.05 }
  const covered = { p50: 0, p95: 0, all: 0 }
  for (let seed = 1; seed <= 24; seed++) {
    const profile = syntheticProfile(truth, { ...SPARSE_CAMPAIGN, seed, repetitions: 2 })
    const estimator = createEstimator(optionsFor([profile]))
    const random = seededRandom(1000 + seed)
    const noisy = (ms: number): number => ms * Math.exp(truth.noise * normalQuantile(0.0005 + 0.999 * random.next()))
    for (const memoryMB of [384, 1024, 1536, 2560]) {
      for (const [instances, tasks] of [
        [1, 4],
        [4, 16],
      ] as const) {
        const { latencyMs } = estimateAt(estimator, { memoryMB, instances, tasks })
        const point = { memoryMB, processes: 1, tasks: 4 }
        for (let run = 0; run < 3; run++) {
          const works = Array.from(
            { length: instances },
            () => noisy(computeMs(truth.compute, point)) + noisy(transferMs(truth, point)),
          )
          const ms = noisy(truth.launchMs) + Math.max(...works)
          covered.all++
          if (ms <= quantile(latencyMs, 0.5)) covered.p50++
          if (ms <= quantile(latencyMs, 0.95)) covered.p95++
        }
      }
    }
  }
  expect(covered.p50 / covered.all).toBeGreaterThan(0.38)
  expect(covered.p50 / covered.all).toBeLessThan(0.68)
  expect(covered.p95 / covered.all).toBeGreaterThan(0.9)
})

describe("an estimate", () => {
  test("parts are positive, medians of the parts add up, means nearly", () => {
    const estimate = estimateAt(ESTIMATOR, { instances: 4, tasks: 16, warm: 1 })
    const parts = Object.values(estimate.parts)
    for (const part of parts) for (const p of PROBABILITIES) expect(quantile(part, p)).toBeGreaterThan(0)
    const medians = parts.reduce((sum, part) => sum + quantile(part, 0.5), 0)
    expect(p50(estimate)).toBeCloseTo(medians, 6)
    const means = parts.reduce((sum, part) => sum + mean(part), 0)
    expect(Math.abs(mean(estimate.latencyMs) / means - 1)).toBeLessThan(0.01)
  })

  test("P95 lies above the median and below the sum of the parts' P95", () => {
    const estimate = estimateAt(ESTIMATOR, { instances: 4, tasks: 16, warm: 0 })
    const sum = Object.values(estimate.parts).reduce((total, part) => total + quantile(part, 0.95), 0)
    expect(quantile(estimate.latencyMs, 0.95)).toBeGreaterThan(1.02 * p50(estimate))
    expect(quantile(estimate.latencyMs, 0.95)).toBeLessThan(sum)
  })

  test("with k warm instances, p instances count p - k cold starts in latency and bill", () => {
    const costs = [0, 1, 2, 3, 4, 9].map((warm) => estimateAt(ESTIMATOR, { instances: 4, tasks: 8, warm }))
    for (let k = 1; k <= 4; k++) expect(costs[k]!.costUsd.mean).toBeLessThan(costs[k - 1]!.costUsd.mean)
    expect(costs[5]!.costUsd.mean).toBe(costs[4]!.costUsd.mean)
    expect(p50(costs[3]!)).toBeGreaterThan(p50(costs[4]!) + 100)
    // More instances than tasks would have nothing to do: they neither start nor cost.
    expect(estimateAt(ESTIMATOR, { instances: 16, tasks: 2, warm: 2 }).billedMs.mean).toBeCloseTo(
      estimateAt(ESTIMATOR, { instances: 2, tasks: 2, warm: 2 }).billedMs.mean,
      6,
    )
  })

  test("init is billed once: in billedMs of cold instances, not in that of warm ones", () => {
    const warm = estimateAt(ESTIMATOR, { tasks: 2 })
    const cold = estimateAt(ESTIMATOR, { tasks: 2, warm: 0 })
    const extra = cold.billedMs.mean - warm.billedMs.mean
    const truth = SYNTHETIC.initMs + SYNTHETIC.coldWorkMs / (1024 / 1769)
    expect(Math.abs(extra / truth - 1)).toBeLessThan(0.25)
  })

  test("support says measured, interpolated, extrapolated", () => {
    expect(estimateAt(ESTIMATOR, { memoryMB: 768, tasks: 6 }).support).toBe("measured")
    expect(estimateAt(ESTIMATOR, { memoryMB: 1024, tasks: 4 }).support).toBe("interpolated")
    expect(estimateAt(ESTIMATOR, { memoryMB: 8192, tasks: 4 }).support).toBe("extrapolated")
    expect(estimateAt(ESTIMATOR, { memoryMB: 1024, tasks: 40 }).support).toBe("extrapolated")
  })

  test("known input bytes replace the profile's", () => {
    const request = { step: "mark", config: { memoryMB: 1024, instances: 1, processes: 1 }, tasks: 4, warmInstances: 1 }
    const own = ESTIMATOR.estimate(request)
    const large = ESTIMATOR.estimate({ ...request, inputBytes: 40 * SYNTHETIC.bytesPerTask })
    expect(quantile(large.parts.download, 0.5)).toBeGreaterThan(3 * quantile(own.parts.download, 0.5))
    expect(quantile(large.parts.upload, 0.5)).toBe(quantile(own.parts.upload, 0.5))
  })
})

describe("a compiled space", () => {
  test("says the same as estimates at every point, latency and cost", () => {
    const tasks = 13
    const space = ESTIMATOR.compile({ step: "mark", space: SPACE, tasks, percentile: 0.95 })
    for (const memoryMB of [256, 1024, 2048]) {
      for (const instances of [1, 4, 5, 13, 16]) {
        for (const processes of [1, 3]) {
          const cold = Math.min(instances, tasks)
          const point = pointOf(space, { memoryMB, instances, processes }, cold)!
          const estimate = estimateAt(ESTIMATOR, { memoryMB, instances, processes, tasks, warm: 0 })
          expect(Math.abs(latencyOf(space, point, "percentile") / quantile(estimate.latencyMs, 0.95) - 1)).toBeLessThan(
            0.01,
          )
          expect(Math.abs(latencyOf(space, point, "median") / p50(estimate) - 1)).toBeLessThan(0.005)
          expect(Math.abs(costOf(space, point) / estimate.costUsd.mean - 1)).toBeLessThan(0.002)
        }
      }
    }
  })

  test("more memory is never slower, warm or cold", () => {
    const space = ESTIMATOR.compile({ step: "mark", space: SPACE, tasks: 12, percentile: 0.9 })
    for (let instanceIndex = 0; instanceIndex < space.instances.length; instanceIndex++) {
      for (const cold of [0, 1]) {
        for (let memoryIndex = 1; memoryIndex < space.memoryMB.length; memoryIndex++) {
          const at = { instanceIndex, processIndex: 0, cold }
          const slower = latencyOf(space, { ...at, memoryIndex: memoryIndex - 1 }, "percentile")
          expect(latencyOf(space, { ...at, memoryIndex }, "percentile")).toBeLessThanOrEqual(slower * (1 + 1e-9))
        }
      }
    }
  })

  test("the parts of a point add up to its median", () => {
    const space = ESTIMATOR.compile({ step: "mark", space: SPACE, tasks: 12, percentile: 0.95 })
    const point = pointOf(space, { memoryMB: 512, instances: 3, processes: 2 }, 2)!
    const parts = Object.values(partsOf(space, point, "median"))
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(latencyOf(space, point, "median"), 9)
    expect(pointOf(space, { memoryMB: 500, instances: 3, processes: 2 }, 0)).toBeUndefined()
  })

  test("is kept: the same request gives the same object", () => {
    const request = { step: "mark", space: SPACE, tasks: 12, percentile: 0.95 }
    expect(ESTIMATOR.compile(request)).toBe(ESTIMATOR.compile({ ...request }))
    expect(ESTIMATOR.compile({ ...request, tasks: 11 })).not.toBe(ESTIMATOR.compile(request))
  })

  test("sizes below the memory floor and times beyond the timeout cannot run", () => {
    const killed = instanceSample({ memoryMB: 512, outcome: "out-of-memory", peakProcessMB: 0, maxMemoryUsedMB: 512 })
    const fine = instanceSample({ memoryMB: 1024, peakProcessMB: 0, computeMs: 60_000 })
    const options = optionsFor([{ functionName: "f", samples: [killed, fine] }])
    const workflow = { ...options.workflow, steps: [plainStep("f", "f", { timeoutMs: 120_000 })] }
    const estimator = createEstimator({ ...options, workflow })
    const space = estimator.compile({ step: "f", space: SPACE, tasks: 4, percentile: 0.95 })
    const at = (memoryMB: number, instances: number): number =>
      latencyOf(space, pointOf(space, { memoryMB, instances, processes: 1 }, 0)!, "percentile")
    expect(at(512, 4)).toBeNaN()
    expect(at(1024, 4)).toBeGreaterThan(60_000)
    expect(at(1024, 1)).toBeNaN()
    expect(estimateAt(estimator, { memoryMB: 512, instances: 4 }).blocked).toBe("memory-floor")
    expect(estimateAt(estimator, { memoryMB: 1024, instances: 1 }).blocked).toBe("timeout")
    expect(estimateAt(estimator, { memoryMB: 1024, instances: 4 }).blocked).toBeUndefined()
  })

  test("the papers' bill charges t with its mapping delay for every instance", () => {
    const options = optionsFor([PROFILE])
    const space = createEstimator({ ...options, billMappingDelay: true }).compile({
      step: "mark",
      space: SPACE,
      tasks: 12,
      percentile: 0.95,
    })
    const point = pointOf(space, { memoryMB: 1024, instances: 4, processes: 1 }, 4)!
    const t = latencyOf(space, point, "mean") / 1000
    expect(costOf(space, point)).toBeCloseTo(4 * (t * options.rates.usdPerGbSecond + options.rates.usdPerRequest), 12)
  })
})
