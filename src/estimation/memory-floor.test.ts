import { describe, expect, test } from "vitest"
import { fitMemoryFloor, type MemoryFloor } from "./memory-floor.ts"
import type { InstanceSample } from "./sample.ts"
import { selectSamples } from "./sample-selection.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

function floorOf(samples: readonly InstanceSample[]): MemoryFloor {
  return fitMemoryFloor(selectSamples({ functionName: "f", samples }), 64)
}
const ran = (memoryMB: number, processes: number, peakProcessMB: number): InstanceSample =>
  instanceSample({ memoryMB, processes, peakProcessMB, maxMemoryUsedMB: 30 + processes * peakProcessMB })
const killed = (memoryMB: number, processes = 1): InstanceSample =>
  instanceSample({ memoryMB, processes, outcome: "out-of-memory" })

test("base and peak of one process with a margin, times the processes", () => {
  const floor = floorOf([ran(2048, 2, 200)])
  expect(floor.needMB(3)).toBeCloseTo(30 + 3 * 220)
})

test("what ran proves its size enough, for as many and fewer processes", () => {
  const floor = floorOf([ran(256, 1, 240), ran(1024, 2, 300)])
  expect(floor.needMB(1)).toBe(256)
  expect(floor.needMB(2)).toBeLessThanOrEqual(1024)
})

test("the peak is that of the smallest size: runtimes take more where there is more", () => {
  expect(floorOf([ran(512, 1, 100), ran(4096, 1, 900)]).needMB(1)).toBeLessThan(200)
})

test("a kill puts the floor above its size, for as many and more processes", () => {
  const floor = floorOf([ran(2048, 1, 100), killed(512), killed(1024, 3)])
  expect(floor.needMB(1)).toBe(576)
  expect(floor.needMB(3)).toBe(1088)
})

test("one kill among many good runs is an accident", () => {
  const good = Array.from({ length: 40 }, () => ran(512, 1, 100))
  expect(floorOf([...good, killed(512)]).needMB(1)).toBeLessThan(512)
  expect(floorOf([...good.slice(0, 5), killed(512)]).needMB(1)).toBe(576)
})

test("a timeout says nothing about memory, and nothing known is no floor", () => {
  expect(floorOf([instanceSample({ peakProcessMB: 0, memoryMB: 512 })]).needMB(4)).toBe(0)
})

describe("sizes that both ran and were killed", () => {
  const mixed = [512, 768, 1024, 1536].flatMap((memoryMB, i) =>
    Array.from({ length: 10 }, (_, k) => (k < [8, 5, 2, 0][i]! ? killed(memoryMB) : ran(memoryMB, 1, 400))),
  )

  test("put the floor where a kill is rare, not just above the largest one killed", () => {
    const need = floorOf(mixed).needMB(1)
    expect(need).toBeGreaterThan(1200)
    // Nobody extrapolates beyond twice the largest size killed.
    expect(need).toBeLessThanOrEqual(2048)
  })

  test("more successes at a size never raise the floor", () => {
    const more = Array.from({ length: 10 }, () => ran(1536, 1, 400))
    expect(floorOf([...mixed, ...more]).needMB(1)).toBeLessThanOrEqual(floorOf(mixed).needMB(1))
  })
})

test("memory used that equals the size was cut off there: it says nothing of the base", () => {
  const clamped = instanceSample({ memoryMB: 256, processes: 1, peakProcessMB: 100, maxMemoryUsedMB: 256 })
  const seen = instanceSample({ memoryMB: 512, processes: 1, peakProcessMB: 100, maxMemoryUsedMB: 130 })
  expect(floorOf([clamped, seen]).needMB(2)).toBeCloseTo(30 + 2 * 110)
})
