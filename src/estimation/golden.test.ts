import { expect, test } from "vitest"
import { goldenEstimates, goldenSpaces } from "./testing/golden.ts"
import golden from "./testing/golden.json" with { type: "json" }

/** The file keeps ten digits; a change of the models changes far more, and then belongs into the file. */
const AGREEMENT = 1e-8

function expectSame(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  const wrong = actual.flatMap((value, i) => {
    const off = Math.abs(value - expected[i]!) / Math.max(1e-6, Math.abs(expected[i]!))
    return off <= AGREEMENT ? [] : [{ i, value, expected: expected[i] }]
  })
  expect(wrong).toEqual([])
}

test("estimates say what they said before they were made fast", () => {
  expectSame(goldenEstimates(), golden.estimates)
})

test("compiled spaces hold what they held before they were made fast", () => {
  expectSame(goldenSpaces(), golden.spaces)
})
