import { describe, expect, test } from "vitest"
import { coldStarts, costOf, latencyOf, pointOf } from "../estimation/compiled-space.ts"
import { DEFAULT_CONFIG_SPACE, sameConfig } from "../workflow/config.ts"
import { cheapestWithin, configAt, frontierOf, mostCostEffective } from "./frontier.ts"
import { LAMBDA_LIMITS, SMALL_SPACE } from "./testing/synthetic-problem.ts"
import { syntheticSpace } from "./testing/synthetic-space.ts"

const local = { ...LAMBDA_LIMITS, vcpuTotal: 1.8 }

describe("frontier", () => {
  test("latency rises and cost strictly falls over the full space of 61,056 configurations", () => {
    const frontier = frontierOf({
      space: syntheticSpace("s", DEFAULT_CONFIG_SPACE, { tasks: 200 }),
      limits: LAMBDA_LIMITS,
    })
    expect(frontier.latencyMs.length).toBeGreaterThan(20)
    for (let i = 1; i < frontier.latencyMs.length; i++) {
      expect(frontier.latencyMs[i]).toBeGreaterThan(frontier.latencyMs[i - 1]!)
      expect(frontier.costUsd[i]).toBeLessThan(frontier.costUsd[i - 1]!)
    }
  })

  test("never has more instances than tasks, nor more vCPUs than the platform", () => {
    const frontier = frontierOf({ space: syntheticSpace("s", DEFAULT_CONFIG_SPACE, { tasks: 3 }), limits: local })
    for (const point of frontier.point) {
      const config = configAt(frontier.space, point)
      expect(config.instances).toBeLessThanOrEqual(3)
      expect(config.instances === 1 || (config.instances * config.memoryMB) / 1769 <= 1.8).toBe(true)
    }
  })

  test("leaves out blocked sizes and sizes up to the memory floor", () => {
    const space = syntheticSpace("s", SMALL_SPACE, { memoryFloorMB: 1024 })
    const memories = (floor: number): number[] =>
      [...frontierOf({ space, limits: LAMBDA_LIMITS, memoryFloorMB: floor }).point].map(
        (point) => configAt(space, point).memoryMB,
      )
    expect(Math.min(...memories(0))).toBeGreaterThanOrEqual(1024)
    expect(Math.min(...memories(1024))).toBeGreaterThan(1024)
    expect(memories(2560)).toEqual([])
  })

  test("takes the smallest count of instances where every one breaks a limit", () => {
    const space = syntheticSpace("s", { ...SMALL_SPACE, instances: { min: 3, max: 4, step: 1 } }, { tasks: 2 })
    const frontier = frontierOf({ space, limits: local })
    expect(frontier.point.length).toBeGreaterThan(0)
    expect([...frontier.point].every((point) => configAt(space, point).instances === 3)).toBe(true)
  })

  test("warm instances make their size faster and cheaper, and win ties", () => {
    const space = syntheticSpace("s", SMALL_SPACE, { tasks: 1 })
    const cold = frontierOf({ space, limits: LAMBDA_LIMITS })
    const warm = frontierOf({ space, limits: LAMBDA_LIMITS, warm: [0, 0, 1, 0, 0] })
    const best = configAt(space, warm.point[mostCostEffective(warm)]!)
    expect(best).toEqual({ memoryMB: 1536, instances: 1, processes: 1 })
    const same = [...cold.point].findIndex((point) => sameConfig(configAt(space, point), best))
    if (same >= 0) expect(warm.latencyMs[mostCostEffective(warm)]!).toBeLessThan(cold.latencyMs[same]!)
  })

  test("one process is always kept", () => {
    const space = { ...syntheticSpace("s", SMALL_SPACE), maxUsefulProcesses: () => 1 }
    const frontier = frontierOf({ space, limits: LAMBDA_LIMITS })
    expect([...frontier.point].every((point) => configAt(space, point).processes === 1)).toBe(true)
  })
})

test("every entry has the latency and the cost that the compiled space gives its configuration", () => {
  for (const [tasks, warm, billMappingDelay] of [
    [1, 0, false],
    [7, 2, false],
    [30, 0, true],
    [30, 9, false],
  ] as const) {
    const made = syntheticSpace("s", DEFAULT_CONFIG_SPACE, { tasks, spread: 1.3 })
    const space = { ...made, billMappingDelay, coldExtraMs: Float64Array.from(made.memoryMB, (m) => 1e5 / m) }
    const frontier = frontierOf({ space, limits: LAMBDA_LIMITS, warm: made.memoryMB.map(() => warm) })
    frontier.point.forEach((point, i) => {
      const config = configAt(space, point)
      const at = pointOf(space, config, coldStarts(tasks, config.instances, warm))!
      expect(frontier.latencyMs[i]).toBeCloseTo(latencyOf(space, at, "percentile"), 6)
      expect(frontier.costUsd[i]! / costOf(space, at)).toBeCloseTo(1, 9)
    })
  }
})

test("the margin moves latency between the median and the percentile", () => {
  const space = syntheticSpace("s", SMALL_SPACE)
  const fastest = (margin: number): number => frontierOf({ space, limits: LAMBDA_LIMITS, margin }).latencyMs[0]!
  expect(fastest(0.5)).toBeCloseTo((fastest(0) + fastest(1)) / 2, 6)
})

test("cheapestWithin finds the slowest entry that is quick enough", () => {
  const frontier = frontierOf({ space: syntheticSpace("s", SMALL_SPACE), limits: LAMBDA_LIMITS })
  frontier.latencyMs.forEach((latency, i) => {
    expect(cheapestWithin(frontier, latency)).toBe(i)
    expect(cheapestWithin(frontier, latency - 1e-9)).toBe(i - 1)
  })
  expect(cheapestWithin(frontier, Infinity)).toBe(frontier.latencyMs.length - 1)
})
