import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { quantile } from "../statistics/quantile-table.ts"
import { detectDrift } from "./compute-drift.ts"
import { computeMs } from "./compute-model.ts"
import { createEstimator } from "./profile-estimator.ts"
import type { InstanceSample } from "./sample.ts"
import { selectSamples } from "./sample-selection.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"
import { instanceSample, SYNTHETIC } from "./testing/synthetic-profile.ts"

const MEMORIES = [256, 512, 1024, 1792, 3008]

interface History {
  readonly seed: number
  readonly count: number
  readonly sd?: number
  /** From this sample on everything takes `factor` as long. */
  readonly changeAt?: number
  readonly factor?: number
}

/** Runs of one function at five sizes in turn. */
function history({ seed, count, sd = 0.07, changeAt = Infinity, factor = 1 }: History): InstanceSample[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const point = { memoryMB: MEMORIES[i % MEMORIES.length]!, processes: 1, tasks: 4 }
    const noise = Math.exp(sd * normalQuantile(1e-9 + (1 - 2e-9) * random.next()))
    const ms = computeMs(SYNTHETIC.compute, point) * noise * (i >= changeAt ? factor : 1)
    return instanceSample({ ...point, computeMs: ms, atMs: i, source: "run" })
  })
}

describe("drift in a profile", () => {
  test("10 % more at a CV of .07 is found, dated and measured", () => {
    const delays: number[] = []
    for (let seed = 1; seed <= 30; seed++) {
      const samples = history({ seed, count: 200, changeAt: 120, factor: 1.1 })
      let found = 200
      for (let i = 121; i <= 200 && found === 200; i++) {
        const drift = detectDrift(samples.slice(0, i))
        if (drift.changedAtMs !== null && drift.ratio > 1) found = i
      }
      delays.push(found - 120)
      const { state, changedAtMs, ratio } = detectDrift(samples)
      expect(state.epoch).toBeGreaterThanOrEqual(1)
      expect(Math.abs(changedAtMs! - 120)).toBeLessThan(40)
      expect(Math.abs(ratio / 1.1 - 1)).toBeLessThan(0.09)
    }
    // The centre of a configuration rests on 24 samples: a little more than the 10 that a known model needs.
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeLessThan(15)
  })

  test("a stationary function rings at most once per 5,000 samples", () => {
    let alarms = 0
    for (let seed = 1; seed <= 10; seed++) alarms += detectDrift(history({ seed, count: 2000 })).state.epoch
    expect(alarms).toBeLessThanOrEqual(4)
  })

  test("every fifth sample nine times as long is no change of level", () => {
    const wild = history({ seed: 4, count: 100 }).map((sample, i) =>
      i % 5 === (i / 5) % 5 ? { ...sample, computeMs: 9 * sample.computeMs } : sample,
    )
    expect(Math.abs(Math.log(detectDrift(wild).ratio))).toBeLessThan(0.05)
  })
})

describe("what a fit then uses", () => {
  test("samples from before a change count less, and those that newer ones supersede not at all", () => {
    const samples = history({ seed: 2, count: 160, changeAt: 100, factor: 1.4 }).filter(
      (sample) => sample.atMs < 100 || sample.memoryMB !== 3008,
    )
    const { ok, drift } = selectSamples({ functionName: "f", samples })
    const changedAtMs = drift!.changedAtMs!
    // A sample before the change that was slow by chance may join it.
    expect(Math.abs(changedAtMs - 100)).toBeLessThan(4)
    const old = ok.filter((sample) => sample.atMs < changedAtMs)
    expect(new Set(old.map((sample) => sample.memoryMB))).toEqual(new Set([3008]))
    expect(old.every((sample) => sample.weight! < 1)).toBe(true)
    const truth = 1.4 * computeMs(SYNTHETIC.compute, { memoryMB: 3008, processes: 1, tasks: 4 })
    // Twenty samples of 7 % noise and the ratio from as many: three standard errors.
    expect(Math.abs(old.reduce((sum, { computeMs: ms }) => sum + ms, 0) / old.length / truth - 1)).toBeLessThan(0.07)
    expect(ok.filter((sample) => sample.atMs >= changedAtMs).every((sample) => sample.weight === undefined)).toBe(true)
  })

  test("estimates follow a change, at sizes that were not run since too", () => {
    const samples = history({ seed: 5, count: 190, changeAt: 130, factor: 1.3 }).filter(
      (sample) => sample.atMs < 130 || sample.memoryMB === 1024 || sample.memoryMB === 512,
    )
    const estimator = createEstimator(optionsFor([{ functionName: "mark", samples }]))
    for (const memoryMB of [512, 1024, 1792]) {
      const truth = 1.3 * computeMs(SYNTHETIC.compute, { memoryMB, processes: 1, tasks: 4 })
      const estimate = quantile(estimateAt(estimator, { memoryMB }).parts.compute, 0.5)
      expect(Math.abs(estimate / truth - 1)).toBeLessThan(0.06)
    }
    const { drift, samples: used } = estimator.basis("mark")
    expect(drift).toMatchObject({ alarm: "slower", wantsProfiling: false })
    expect(drift.ratio).toBeGreaterThan(1.2)
    expect(used.instances).toBeGreaterThan(0)
  })

  test("more data never makes a stationary function's estimates worse beyond noise", () => {
    const worst = { few: 0, many: 0 }
    let sums = { few: 0, many: 0 }
    for (let seed = 1; seed <= 6; seed++) {
      const samples = history({ seed, count: 300 })
      const errorOf = (count: number): number => {
        const profile = { functionName: "mark", samples: samples.slice(0, count) }
        const estimator = createEstimator(optionsFor([profile]))
        const errors = [384, 768, 1408, 2432].map((memoryMB) => {
          const truth = computeMs(SYNTHETIC.compute, { memoryMB, processes: 1, tasks: 4 })
          return Math.abs(quantile(estimateAt(estimator, { memoryMB }).parts.compute, 0.5) / truth - 1)
        })
        return errors.reduce((sum, error) => sum + error, 0) / errors.length
      }
      const [few, many] = [errorOf(15), errorOf(300)]
      sums = { few: sums.few + few, many: sums.many + many }
      worst.few = Math.max(worst.few, few)
      worst.many = Math.max(worst.many, many)
    }
    expect(sums.many).toBeLessThan(sums.few)
    // 60 runs a size of 7 % noise: a standard error of 1.1 % per median, three of them.
    expect(worst.many).toBeLessThan(0.034)
  })
})
