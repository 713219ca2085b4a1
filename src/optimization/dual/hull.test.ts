import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { randomCurve } from "../testing/selection-problems.ts"
import { hullOf, hullTable, segmentOf, setHull } from "./hull.ts"

describe("the hull of a curve", () => {
  test("runs from slow and cheap to fast and dear at rising prices", () => {
    const curve = { latencyMs: Float64Array.of(1, 2, 3, 4, 6), costUsd: Float64Array.of(20, 10, 9, 4, 2) }
    const hull = hullOf(curve)
    expect([...hull.timesMs]).toEqual([6, 4, 2, 1])
    expect([...hull.costsUsd]).toEqual([2, 4, 10, 20])
    expect([...hull.prices]).toEqual([0, 1, 3, 10])
  })

  test("leaves out corners on a straight line", () => {
    const curve = { latencyMs: Float64Array.of(1, 2, 3), costUsd: Float64Array.of(3, 2, 1) }
    expect([...hullOf(curve).timesMs]).toEqual([3, 1])
  })

  test("of a range has its own corners", () => {
    const curve = { latencyMs: Float64Array.of(1, 2, 3, 4), costUsd: Float64Array.of(20, 10, 9, 4) }
    expect([...hullOf(curve, 1, 2).timesMs]).toEqual([3, 2])
    expect([...hullOf(curve, 2, 2).costsUsd]).toEqual([9])
  })

  test("a corner's segment begins at its own price", () => {
    const curve = { latencyMs: Float64Array.of(1, 2, 4, 6), costUsd: Float64Array.of(20, 10, 4, 2) }
    const table = hullTable([curve])
    expect([0, 0.5, 1, 2, 3, 9, 10, 99].map((price) => segmentOf(table, 0, price))).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  test("gives the least cost + price * time of all entries at its segment", () => {
    const random = seededRandom(1)
    for (let round = 0; round < 50; round++) {
      const curve = randomCurve(random, 60)
      const table = hullTable([curve])
      for (let i = 0; i < 20; i++) {
        const price = 1e-5 * 10 ** (-5 * random.next())
        const corner = segmentOf(table, 0, price)
        const least = Math.min(...curve.costUsd.map((cost, k) => cost + price * curve.latencyMs[k]!))
        // One product and one sum on each side.
        expect(table.costsUsd[corner]! + price * table.timesMs[corner]!).toBeCloseTo(least, 12)
      }
    }
  })
})

test("a table takes longer curves for a step without touching the others", () => {
  const random = seededRandom(2)
  const curves = [randomCurve(random, 5), randomCurve(random, 5), randomCurve(random, 5)]
  const table = hullTable(curves)
  for (let round = 0; round < 30; round++) {
    const step = round % 3
    curves[step] = randomCurve(random, 5 + 4 * round)
    setHull(table, step, curves[step], 0, curves[step].latencyMs.length - 1)
    for (const [i, curve] of curves.entries()) {
      const first = table.offset[i]!
      const corners = table.timesMs.slice(first, first + table.corners[i]!)
      expect([...corners]).toEqual([...hullOf(curve).timesMs])
    }
  }
})
