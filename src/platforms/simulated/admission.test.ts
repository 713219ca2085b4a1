import fc from "fast-check"
import { expect, test } from "vitest"
import { Admission, Cluster, StartRate } from "./admission.ts"
import { testParameters } from "./testing/test-parameters.ts"

const { limits } = testParameters()

test("beyond the account's limit nobody enters until somebody leaves", () => {
  const admission = new Admission({ ...limits, concurrency: { account: 2, keepFree: 0 } }, "places")
  expect([admission.enter(128), admission.enter(128), admission.enter(128)]).toEqual([true, true, false])
  admission.leave(128)
  expect(admission.enter(128)).toBe(true)
})

test("vCPUs are shared out, and one that is larger than all of them runs alone", () => {
  const admission = new Admission({ ...limits, mbPerVcpu: 1000, vcpuTotal: 2 }, "vcpus")
  expect([admission.enter(5000), admission.enter(100)]).toEqual([true, false])
  admission.leave(5000)
  expect([admission.enter(1000), admission.enter(1000), admission.enter(100)]).toEqual([true, true, false])
})

test("starts of a function are limited in 10 s, and not saved up", () => {
  const rate = new StartRate(2)
  expect([0, 1, 2].map((at) => rate.tryStart("f", at))).toEqual([0, 0, 9998])
  expect(rate.tryStart("g", 2)).toBe(0)
  expect([60_000, 60_001, 60_002].map((at) => rate.tryStart("f", at))).toEqual([0, 0, 9998])
})

test("no machine of a cluster is ever promised more memory than it has", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 128, max: 10_240 }), { maxLength: 100 }), (sizes) => {
      const cluster = new Cluster({ workers: 6, memoryMB: 32_768 })
      const used = [0, 0, 0, 0, 0, 0]
      for (const memoryMB of sizes) {
        const worker = cluster.place(memoryMB)
        if (worker < 0) expect(used.every((mb) => mb + memoryMB > 32_768)).toBe(true)
        else used[worker]! += memoryMB
      }
      expect(Math.max(...used)).toBeLessThanOrEqual(32_768)
    }),
  )
})

test("the cluster of StepConf holds 18 instances of 10,240 MB", () => {
  const cluster = new Cluster({ workers: 6, memoryMB: 32_768 })
  const placed = Array.from({ length: 20 }, () => cluster.place(10_240))
  expect(placed.filter((worker) => worker >= 0)).toHaveLength(18)
})
