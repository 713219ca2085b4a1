import { expect, test } from "vitest"
import { frontierCache } from "./frontier-cache.ts"
import { LAMBDA_LIMITS, SMALL_SPACE } from "./testing/synthetic-problem.ts"
import { syntheticSpace } from "./testing/synthetic-space.ts"

const limits = LAMBDA_LIMITS

test("equal requests share a frontier, different ones do not", () => {
  const cache = frontierCache()
  const space = syntheticSpace("s", SMALL_SPACE)
  const first = cache.get({ space, limits })
  expect(cache.get({ space, limits, warm: [0, 0, 0, 0, 0], margin: 1 })).toBe(first)
  expect(cache.get({ space, limits, warm: [0, 1, 0, 0, 0] })).not.toBe(first)
  expect(cache.get({ space, limits, margin: 0.5 })).not.toBe(first)
  expect(cache.get({ space, limits, memoryFloorMB: 512 })).not.toBe(first)
  expect(cache.get({ space, limits, capacity: { vcpus: 2, instances: 4 } })).not.toBe(first)
  expect(cache.get({ space: syntheticSpace("s", SMALL_SPACE), limits })).not.toBe(first)
  expect(cache.get({ space, limits })).toBe(first)
})

test("what was not used for long is forgotten", () => {
  const cache = frontierCache()
  const space = syntheticSpace("s", SMALL_SPACE)
  const first = cache.get({ space, limits })
  for (let floor = 1; floor <= 100; floor++) cache.get({ space, limits, memoryFloorMB: floor })
  expect(cache.get({ space, limits })).not.toBe(first)
})
