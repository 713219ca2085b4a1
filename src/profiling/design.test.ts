import { describe, expect, test } from "vitest"
import { inSpace } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { type DesignRequest, visitsOf } from "./design.ts"
import { referenceConfig } from "./reference-config.ts"
import { FAKE_LIMITS } from "./testing/fake-platform.ts"

const space = {
  memoryMB: { min: 512, max: 3456, step: 128 },
  instances: { min: 1, max: 6, step: 1 },
  processes: { min: 1, max: 3, step: 1 },
}
const twoCores: PlatformLimits = { ...FAKE_LIMITS, vcpuTotal: 1.8 }
const cloud: PlatformLimits = { ...FAKE_LIMITS, vcpuTotal: null }
const request: DesignRequest = { space, limits: twoCores, threads: "single", tasks: 12, capMs: 2000 }
const observed = { workMs: 200, initMs: 300, peakMB: 300 }

describe("the reference run", () => {
  test("gives single-threaded code about one vCPU, or what lets two instances run at once", () => {
    expect(referenceConfig({ ...request, limits: cloud })).toEqual({ memoryMB: 1792, instances: 6, processes: 1 })
    expect(referenceConfig(request)).toEqual({ memoryMB: 1536, instances: 2, processes: 1 })
    expect(referenceConfig({ ...request, tasks: 1 })).toEqual({ memoryMB: 1792, instances: 1, processes: 1 })
  })

  test("gives multi-threaded code the largest size that the machine holds", () => {
    expect(referenceConfig({ ...request, threads: "multi" }).memoryMB).toBe(3072)
    expect(referenceConfig({ ...request, threads: "multi", limits: cloud }).memoryMB).toBe(3456)
  })
})

describe("visits", () => {
  const sizes = (changes: Partial<DesignRequest>, seen = observed): number[] => {
    const full = { ...request, ...changes }
    return visitsOf(full, referenceConfig(full), seen).map((visit) => visit.memoryMB)
  }

  test("cover three sizes, the reference first", () => {
    expect(sizes({})).toEqual([1536, 3072, 512])
    expect(sizes({ threads: "multi", tasks: 1 })).toEqual([3072, 512, 1280])
  })

  test("leave out small sizes that would take too long or hold too little", () => {
    expect(sizes({}, { ...observed, workMs: 1500 })[2]).toBe(640)
    expect(sizes({}, { ...observed, workMs: 3000 })[2]).toBe(1280)
    expect(sizes({}, { ...observed, peakMB: 900 })[2]).toBe(1152)
    expect(sizes({}, { ...observed, peakMB: 1500 })).toEqual([1536, 3072])
  })

  test("measure a long task only once, on an instance that was started for it", () => {
    const slow = visitsOf(request, referenceConfig(request), { ...observed, workMs: 1500 })[2]!
    expect(slow.start).toBe("prewarmed")
    expect(slow.shots).toEqual([{ instances: 1, processes: 1, tasksPerInstance: 1, find: "warm" }])
  })

  test("never leave the space or ask for more tasks than there are", () => {
    for (const threads of ["single", "multi"] as const)
      for (const limits of [twoCores, cloud])
        for (const tasks of [1, 2, 5, 12, 100]) {
          const full = { ...request, threads, limits, tasks }
          for (const { memoryMB, shots } of visitsOf(full, referenceConfig(full), observed))
            for (const { instances, processes, tasksPerInstance } of shots) {
              expect(inSpace(space, { memoryMB, instances, processes })).toBe(true)
              expect(instances * tasksPerInstance).toBeLessThanOrEqual(tasks)
            }
        }
  })

  test("vary tasks and processes where there are several", () => {
    const shots = visitsOf(request, referenceConfig(request), observed).flatMap((visit) => visit.shots)
    expect(new Set(shots.map((shot) => shot.processes))).toEqual(new Set([1, 2]))
    expect(new Set(shots.map((shot) => shot.tasksPerInstance)).size).toBeGreaterThanOrEqual(3)
    expect(shots.some((shot) => shot.instances === 3)).toBe(true)
  })
})
