import { describe, expect, test } from "vitest"
import { maxOf } from "../statistics/quantile-table-operations.ts"
import { fitInit } from "./cold-start.ts"
import { selectSamples } from "./sample-selection.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"
import { fitTransfer } from "./transfer-model.ts"

describe("readings along memory", () => {
  test("transfers of one volume are those asked for one by one", () => {
    const samples = [256, 512, 1024, 1769, 3008].flatMap((memoryMB) =>
      Array.from({ length: 12 }, (_, i) => {
        const bytes = 1e6 * (1 + (i % 4))
        const downloadMs = 5 + (bytes / 1e6) * (12 / Math.min(1, memoryMB / 1769)) * (1 + 0.02 * (i % 5))
        return instanceSample({ atMs: i, memoryMB, downloadBytes: bytes, downloadObjects: 1 + (i % 3), downloadMs })
      }),
    )
    const model = fitTransfer([selectSamples({ functionName: "f", samples })], "download", 1769)
    const volume = { objects: 2, bytes: 2.5e6 }
    const along = model.alongMemory(volume)
    expect(along.varies).toBe(true)
    const prior = fitTransfer([], "upload", 1769).alongMemory({ objects: 0, bytes: 0 })
    expect(prior.varies).toBe(false)
    for (const memoryMB of [128, 700, 1769, 5000]) {
      const one = model.quantilesMs(memoryMB, volume)
      along.quantilesMs(memoryMB).forEach((ms, i) => expect(ms / one[i]!).toBeCloseTo(1, 11))
    }
  })

  test("the longest of several inits is that of their distribution at each size", () => {
    const cold = [256, 1024, 3008].flatMap((memoryMB) =>
      [150, 200, 270].map((ms) => instanceSample({ cold: true, memoryMB, initMs: ms / Math.min(1, memoryMB / 1769) })),
    )
    for (const init of [fitInit(cold, [], 1769), fitInit([], [180, 190, 260], 1769)]) {
      for (const [memoryMB, count] of [
        [256, 1],
        [700, 5],
        [3008, 64],
      ] as const) {
        const wanted = maxOf(init.distribution(memoryMB), count).logMs.map(Math.exp)
        init.slowestMs(memoryMB, count).forEach((ms, i) => expect(ms / wanted[i]!).toBeCloseTo(1, 11))
      }
    }
  })
})
