import * as fc from "fast-check"
import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { paretoOrder } from "./pareto.ts"

function naive(latencyMs: Float64Array, costUsd: Float64Array): number[] {
  const order = [...latencyMs.keys()].sort(
    (a, b) => latencyMs[a]! - latencyMs[b]! || costUsd[a]! - costUsd[b]! || a - b,
  )
  let cheapest = Infinity
  return order.filter((i) => {
    if (costUsd[i]! >= cheapest) return false
    cheapest = costUsd[i]!
    return true
  })
}

test("the binned prune keeps exactly the Pareto set, ties included", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 6000 }),
      fc.integer({ min: 2, max: 4000 }),
      (seed, count, grid) => {
        const random = seededRandom(seed)
        // A coarse grid makes ties frequent.
        const draw = (): number => 1 + Math.floor(random.next() * grid)
        const latencyMs = Float64Array.from({ length: count }, draw)
        const costUsd = Float64Array.from(latencyMs, (t) => draw() / t)
        const rankOf = (i: number): number => i
        expect([...paretoOrder({ count, latencyMs, costUsd, rankOf })]).toEqual(naive(latencyMs, costUsd))
      },
    ),
    { numRuns: 60 },
  )
})

test("points of one latency leave the cheapest, and of equal ones the lowest rank", () => {
  const latencyMs = new Float64Array(2000).fill(5)
  const costUsd = Float64Array.from({ length: 2000 }, (_, i) => (i === 7 || i === 900 ? 1 : 2))
  expect([...paretoOrder({ count: 2000, latencyMs, costUsd, rankOf: (i) => 2000 - i })]).toEqual([900])
})

test("no points give no frontier", () => {
  const none = new Float64Array(0)
  expect(paretoOrder({ count: 0, latencyMs: none, costUsd: none })).toHaveLength(0)
})
