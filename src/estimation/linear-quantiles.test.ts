import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Random, seededRandom } from "../base/random.ts"
import { PROBABILITIES } from "../statistics/distribution.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { quantileRegressions } from "../statistics/quantile-regression.ts"
import { coldStarts } from "./compiled-space.ts"
import { fitColdTransferWork, fitInit, fitOverhead } from "./cold-start.ts"
import { fitLinearQuantiles } from "./linear-quantiles.ts"
import { LAUNCH_PRIORS } from "./launch-priors.ts"
import { fitMappingDelay, startOfRank } from "./mapping-delay-model.ts"
import type { InstanceSample, StepSample } from "./sample.ts"
import { selectSamples } from "./sample-selection.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"
import { fitTransfer, fitVolume } from "./transfer-model.ts"
import { TRANSFER_PRIORS } from "./transfer-priors.ts"

const normal = (random: Random): number => normalQuantile(0.001 + 0.998 * random.next())
const OPTIONS = { prior: [10], priorLogSd: 0.2 }

describe("fitLinearQuantiles", () => {
  test("without rows: the prior around its median; with one: that one", () => {
    const none = fitLinearQuantiles({ rows: [], targets: [] }, OPTIONS).predict([1, 5])
    expect(none[2]).toBe(10)
    expect(none[5]! / 10).toBeCloseTo(Math.exp(1.645 * 0.2), 3)
    expect(fitLinearQuantiles({ rows: [[1, 5]], targets: [42] }, OPTIONS).medianMs([1, 9])).toBeCloseTo(42, 6)
  })

  test("columns join when there are five rows for each, and negative slopes are dropped", () => {
    const rows = Array.from({ length: 30 }, (_, i) => [1, i % 5, (i * 7) % 11])
    const targets = rows.map(([, a, b]) => 20 + 3 * a! - 2 * b!)
    const fit = fitLinearQuantiles({ rows, targets }, OPTIONS)
    expect(fit.usesColumn(2)).toBe(false)
    expect(fitLinearQuantiles({ rows: rows.slice(0, 8), targets: targets.slice(0, 8) }, OPTIONS).usesColumn(1)).toBe(
      false,
    )
    const rising = fitLinearQuantiles({ rows, targets: rows.map(([, a, b]) => 20 + 3 * a! + 2 * b!) }, OPTIONS)
    expect(rising.medianMs([1, 10, 10])).toBeCloseTo(70, 4)
  })

  test("quantiles cover what they say on many rows, and never cross", () => {
    const random = seededRandom(4)
    const draw = (): [number[], number] => {
      const row = [1, random.next() * 10]
      return [row, (5 + 2 * row[1]!) * Math.exp(0.3 * normal(random))]
    }
    const train = Array.from({ length: 200 }, draw)
    const fit = fitLinearQuantiles({ rows: train.map(([row]) => row), targets: train.map(([, y]) => y) }, OPTIONS)
    const test = Array.from({ length: 4000 }, draw)
    for (const [i, p] of [
      [1, 0.25],
      [2, 0.5],
      [4, 0.9],
      [5, 0.95],
    ] as const) {
      const covered = test.filter(([row, y]) => y <= fit.predict(row)[i]!).length / test.length
      expect(Math.abs(covered - p)).toBeLessThan(0.06)
    }
    const quantiles = fit.predict([1, 0])
    expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b))
  })

  test("where the planes of few rows cross, what is predicted is sorted", () => {
    const random = seededRandom(8)
    const draw = (): number[] => [1, random.next(), random.next()]
    const rows = Array.from({ length: 40 }, draw)
    const targets = rows.map((row) => 50 + 10 * row[1]! + 10 * row[2]! + 20 * normal(random))
    const planes = quantileRegressions({ rows, targets }, PROBABILITIES)
    const fit = fitLinearQuantiles({ rows, targets }, OPTIONS)
    let crossed = 0
    for (let i = 0; i < 300; i++) {
      const at = draw()
      const raw = planes.map(({ coefficients }) => coefficients.reduce((sum, value, j) => sum + value * at[j]!, 0))
      if (raw.some((value, k) => k > 0 && value < raw[k - 1]!)) crossed++
      const predicted = fit.predict(at)
      expect(predicted).toEqual(predicted.toSorted((a, b) => a - b))
    }
    // Without this the test would say nothing.
    expect(crossed).toBeGreaterThan(10)
  })
})

describe("transfers", () => {
  /** 3 ms an object and 80 MB/s at a full vCPU. */
  function transfer(memoryMB: number, tasks: number, random: Random): InstanceSample {
    const bytes = 2e6 * tasks
    const ms = (3 * tasks + bytes / 8e4 / Math.min(1, memoryMB / 1769)) * Math.exp(0.1 * normal(random))
    return instanceSample({ memoryMB, tasks, downloadMs: ms, downloadBytes: bytes, downloadObjects: tasks })
  }

  test("latency and bandwidth are found from a small campaign", () => {
    const random = seededRandom(2)
    const samples = [256, 768, 1792, 3008].flatMap((m) => [1, 2, 4, 6, 8].map((n) => transfer(m, n, random)))
    const model = fitTransfer([selectSamples({ functionName: "f", samples })], "download", 1769)
    const volume = fitVolume(samples, "download").volume(5)
    expect(volume.bytes).toBeCloseTo(1e7, -2)
    expect(volume.objects).toBeCloseTo(5, 3)
    for (const memoryMB of [512, 1024, 2048]) {
      const truth = 15 + 1e7 / 8e4 / Math.min(1, memoryMB / 1769)
      expect(Math.abs(model.quantilesMs(memoryMB, volume)[2]! / truth - 1)).toBeLessThan(0.12)
    }
    expect(model.quantilesMs(2048, volume)).toEqual(model.quantilesMs(4096, volume))
  })

  test("a function that moves nothing has no volume", () => {
    expect(fitVolume([instanceSample()], "upload").volume(7)).toEqual({ objects: 0, bytes: 0 })
    expect(fitVolume([], "upload").volume(7)).toEqual({ objects: 0, bytes: 0 })
  })

  test("one task count: all of the volume goes with the tasks", () => {
    const one = fitVolume([instanceSample({ tasks: 2, uploadBytes: 600, uploadObjects: 2 })], "upload")
    expect(one.volume(4).bytes).toBeCloseTo(1200, -1)
  })
})

describe("mapping delay", () => {
  const init = fitInit([instanceSample({ cold: true, initMs: 200 })], [], 1769)
  function step(instances: number, cold: number, mappingDelayMs: number, atMs = 0): StepSample {
    const config = { memoryMB: 1024, instances, processes: 1 }
    const common = { source: "run", contended: false, enforced: "cgroup-v1", codeSha256: "a" } as const
    return { kind: "step", atMs, config, tasks: instances, cold, mappingDelayMs, wallMs: 1000, ...common }
  }
  const medianAt = (model: ReturnType<typeof fitMappingDelay>, instances: number, cold: number): number =>
    model.quantilesMs({ instances, cold, slowestInit: init.slowestMs(1024, cold) })[2]!

  test("no step was measured: a launch of some ms, and init where it is cold", () => {
    const model = fitMappingDelay([])
    expect(medianAt(model, 4, 0)).toBeLessThan(30)
    expect(medianAt(model, 4, 1)).toBeGreaterThan(200)
  })

  test("init is taken out of cold steps and put back for the slowest of the cold instances", () => {
    const samples = [step(1, 0, 12), step(1, 0, 14), step(1, 1, 213), step(1, 1, 214), step(1, 0, 13)]
    const model = fitMappingDelay(samples.map((sample) => ({ sample, init })))
    expect(medianAt(model, 1, 0)).toBeCloseTo(13, 0)
    expect(medianAt(model, 1, 1)).toBeCloseTo(213, 0)
    expect(medianAt(model, 8, 8)).toBeGreaterThan(medianAt(model, 8, 1) + 20)
    expect(model.dependsOnInstances).toBe(false)
  })

  test("stairs above a knee are found where the orchestrator starts instances one by one", () => {
    const samples = Array.from({ length: 90 }, (_, i) => {
      const instances = 1 + ((i * 13) % 60)
      return step(instances, 0, 20 + Math.max(0, instances - 16) * 40 + (i % 3), i)
    })
    const model = fitMappingDelay(samples.map((sample) => ({ sample, init })))
    expect(medianAt(model, 10, 0)).toBeLessThan(40)
    expect(Math.abs(medianAt(model, 56, 0) / 1620 - 1)).toBeLessThan(0.05)
  })
})

describe("cold starts of an estimate", () => {
  const init = fitInit([instanceSample({ cold: true, initMs: 200 })], [], 1769)
  const model = fitMappingDelay([], { prior: LAUNCH_PRIORS["aws-lambda"] })

  test("p instances of which k are warm wait for max(0, p - k) inits, by estimate and by rank alike", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 80 }), (instances, warm) => {
        const cold = coldStarts(instances, instances, warm)
        expect(cold).toBe(Math.max(0, instances - warm))
        expect(startOfRank(instances, { instances, cold })).toEqual({ instances, cold })
        const ranks = Array.from({ length: instances }, (_, i) => startOfRank(i + 1, { instances, cold }).cold)
        // Each rank beyond the warm ones adds one cold start.
        expect(ranks.filter((count, i) => count > (ranks[i - 1] ?? 0))).toHaveLength(cold)
      }),
    )
  })

  test("as many warm instances as are asked for start like a warm step, whatever the init", () => {
    const at = (cold: number): number =>
      model.quantilesMs({ instances: 8, cold, slowestInit: init.slowestMs(1024, cold) })[2]!
    expect(at(coldStarts(8, 8, 9))).toBe(at(0))
    expect(at(coldStarts(8, 8, 7))).toBeGreaterThan(at(0) + 150)
  })
})

describe("the start of rank r", () => {
  const init = fitInit([instanceSample({ cold: true, initMs: 200 })], [], 1769)
  const model = fitMappingDelay([], { prior: LAUNCH_PRIORS["aws-lambda"] })
  const startAt = (rank: number, cold: number): number[] => {
    const like = startOfRank(rank, { instances: 20, cold })
    return model.quantilesMs({ ...like, slowestInit: init.slowestMs(1024, like.cold) })
  }

  test("warm instances start first: only ranks beyond them wait for an init", () => {
    expect(startOfRank(12, { instances: 20, cold: 8 })).toEqual({ instances: 12, cold: 0 })
    expect(startOfRank(13, { instances: 20, cold: 8 })).toEqual({ instances: 13, cold: 1 })
    expect(startAt(13, 8)[2]! - startAt(12, 8)[2]!).toBeGreaterThan(150)
  })

  test("the last rank is the mapping delay of the step, and no rank starts before an earlier one", () => {
    const last = model.quantilesMs({ instances: 20, cold: 8, slowestInit: init.slowestMs(1024, 8) })
    expect(startAt(20, 8)).toEqual(last)
    for (let rank = 2; rank <= 20; rank++) {
      for (const [i, value] of startAt(rank, 8).entries()) {
        // From the first cold start on low quantiles spread downwards; the median and above never fall.
        if (i >= 2) expect(value).toBeGreaterThanOrEqual(startAt(rank - 1, 8)[i]!)
      }
    }
  })
})

describe("priors by store and platform", () => {
  const sample = (i: number): InstanceSample =>
    instanceSample({ atMs: i, memoryMB: 1769, downloadMs: 480, downloadBytes: 20e6, downloadObjects: 1 })
  const fitOn = (count: number): ReturnType<typeof fitTransfer> => {
    const selection = selectSamples({ functionName: "f", samples: Array.from({ length: count }, (_, i) => sample(i)) })
    return fitTransfer([selection], "download", 1769, { prior: TRANSFER_PRIORS.s3.download })
  }

  test("a store without samples is estimated from its prior: bytes over bandwidth, less memory is slower", () => {
    const model = fitOn(0)
    expect(model).toMatchObject({ transferred: true, samples: 0 })
    expect(model.quantilesMs(1769, { objects: 1, bytes: 100e6 })[2]).toBeCloseTo(1045, 6)
    expect(model.quantilesMs(885, { objects: 1, bytes: 100e6 })[2]! / 1045).toBeGreaterThan(1.8)
  })

  test("a few samples scale the prior, five a column replace it", () => {
    const few = fitOn(8)
    expect(few.transferred).toBe(true)
    // Measured 480 ms where the prior says 245.
    expect(few.quantilesMs(1769, { objects: 1, bytes: 20e6 })[2]! / 480).toBeCloseTo(1, 6)
    expect(few.quantilesMs(1769, { objects: 1, bytes: 40e6 })[2]! / 480).toBeGreaterThan(1.7)
    expect(fitOn(25).transferred).toBe(false)
  })

  test("a platform without steps starts as its prior says", () => {
    const none = fitMappingDelay([], { prior: LAUNCH_PRIORS["aws-lambda"] })
    expect(none).toMatchObject({ transferred: true, dependsOnInstances: true })
    expect(none.quantilesMs({ instances: 100, cold: 0, slowestInit: [] })[2]).toBeCloseTo(304, 6)
  })
})

describe("init and overhead", () => {
  test("init is flat in memory until three sizes show otherwise", () => {
    const at = (memoryMB: number, initMs: number): InstanceSample => instanceSample({ cold: true, memoryMB, initMs })
    const flat = fitInit([at(256, 190), at(512, 210), at(1792, 200)], [], 1769)
    expect(flat.medianMs(256)).toBeCloseTo(flat.medianMs(1792), 6)
    const steep = fitInit([at(256, 750), at(512, 400), at(1769, 160)], [], 1769)
    expect(steep.medianMs(300)).toBeGreaterThan(2.5 * steep.medianMs(1769))
    expect(fitInit([], [300, 320], 1769)).toMatchObject({ samples: 0 })
    expect(fitInit([], [300, 320], 1769).medianMs(512)).toBeCloseTo(310, -1)
  })

  test("what the first transfer of a cold instance adds is CPU work: longer at a small size", () => {
    const at = (memoryMB: number, cold: boolean): InstanceSample =>
      instanceSample({
        memoryMB,
        cold,
        computeMs: 100,
        durationMs: 105 + (cold ? 15 / Math.min(1, memoryMB / 1769) : 0),
      })
    const samples = [at(256, true), at(256, false), at(1792, true), at(1792, false), at(512, true)]
    const work = fitColdTransferWork(samples, () => 5, 1769)
    expect(work).toBeGreaterThan(12)
    expect(work).toBeLessThanOrEqual(15)
    expect(fitColdTransferWork([at(256, false)], () => 5, 1769)).toBe(0)
  })

  test("what an invocation takes around its parts is split into fixed time and CPU work", () => {
    const samples = [256, 512, 1769].map((memoryMB) =>
      instanceSample({ memoryMB, computeMs: 100, durationMs: 100 + 2 + 4 / (memoryMB / 1769) }),
    )
    const overheadMs = fitOverhead(samples, 1769)
    expect(overheadMs(1024)).toBeCloseTo(2 + 4 / (1024 / 1769), 3)
    expect(overheadMs(4096)).toBeCloseTo(6, 3)
    expect(fitOverhead([], 1769)(512)).toBe(0)
  })
})
