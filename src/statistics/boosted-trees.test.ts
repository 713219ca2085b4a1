import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { boostedValue, DEFAULT_TREES, fitBoostedTrees } from "./boosted-trees.ts"

const random = seededRandom(3)
const rows = Array.from({ length: 400 }, () => [random.next(), random.next(), random.next()])
/** A step and an interaction, on two of three columns. */
const truth = (row: readonly number[]): number => (row[0]! > 0.5 ? 1 : 0) + (row[0]! > 0.5 && row[1]! > 0.3 ? 2 : 0)
const targets = rows.map(truth)

describe("boosted trees", () => {
  test("find a step and an interaction at rows they have not seen", () => {
    const model = fitBoostedTrees(rows, targets)
    const unseen = Array.from({ length: 200 }, () => [random.next(), random.next(), random.next()])
    const errors = unseen.map((row) => Math.abs(boostedValue(model, row) - truth(row)))
    // 120 trees of rate .05 leave .95^120 = 0.2 % of the targets' range of 3, shrinkage and rows at the edges the rest.
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.06)
  })

  test("predict the mean where nothing can be split", () => {
    const model = fitBoostedTrees(
      rows.map(() => [7]),
      targets,
    )
    const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length
    expect(boostedValue(model, [7])).toBeCloseTo(mean, 12)
  })

  test("stay within the range of their targets, however far the row is away", () => {
    const model = fitBoostedTrees(rows, targets)
    for (const row of [
      [1e9, 1e9, 1e9],
      [-1e9, 0, 0],
    ]) {
      expect(boostedValue(model, row)).toBeGreaterThanOrEqual(0)
      expect(boostedValue(model, row)).toBeLessThanOrEqual(3)
    }
  })

  test("leave no leaf with fewer rows than asked", () => {
    const few = { ...DEFAULT_TREES, leafRows: 3 }
    // One outlier among five rows cannot have a leaf of its own.
    const model = fitBoostedTrees([[1], [2], [3], [4], [5]], [0, 0, 0, 0, 100], few)
    expect(boostedValue(model, [5])).toBe(boostedValue(model, [1]))
  })

  test("do not depend on the order of the rows", () => {
    const reversed = fitBoostedTrees(rows.toReversed(), targets.toReversed())
    const model = fitBoostedTrees(rows, targets)
    // Sums in another order differ in their last bits.
    for (const row of rows.slice(0, 20)) expect(boostedValue(reversed, row)).toBeCloseTo(boostedValue(model, row), 9)
  })
})
