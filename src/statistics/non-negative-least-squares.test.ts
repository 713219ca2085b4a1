import * as fc from "fast-check"
import { expect, test } from "vitest"
import { addEquation, normalEquations, solveNonNegative } from "./non-negative-least-squares.ts"

const number = fc.double({ min: -3, max: 3, noNaN: true })
const problem = fc.integer({ min: 1, max: 4 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    rows: fc.array(fc.array(number, { minLength: size, maxLength: size }), { minLength: size + 2, maxLength: 10 }),
    targets: fc.array(number, { minLength: 10, maxLength: 10 }),
  }),
)

test("no coefficient is negative, and no move of one that stays so lowers the loss", () => {
  fc.assert(
    fc.property(problem, ({ size, rows, targets }) => {
      const sums = normalEquations(size)
      for (const [i, row] of rows.entries()) addEquation(sums, row, { target: targets[i]!, weight: 1 })
      const lossAt = (c: readonly number[]): number =>
        rows.reduce((sum, row, i) => sum + (row.reduce((dot, x, j) => dot + x * c[j]!, 0) - targets[i]!) ** 2, 0)
      const { coefficients } = solveNonNegative(sums)
      const loss = lossAt(coefficients)
      for (let j = 0; j < size; j++) {
        expect(coefficients[j]).toBeGreaterThanOrEqual(0)
        for (const step of [-0.01, 0.01]) {
          const moved = coefficients.map((c, k) => (k === j ? Math.max(0, c + step) : c))
          // Rounding of normal equations with entries up to 90.
          expect(lossAt(moved)).toBeGreaterThanOrEqual(loss - 1e-9)
        }
      }
    }),
  )
})

test("a column of zeros gets 0 and equal columns share without exception", () => {
  const sums = normalEquations(3)
  for (const x of [1, 2, 3]) addEquation(sums, [x, x, 0], { target: 4 * x, weight: 1 })
  const { coefficients, loss } = solveNonNegative(sums)
  expect(coefficients[0]! + coefficients[1]!).toBeCloseTo(4, 6)
  expect(coefficients[2]).toBe(0)
  // The ridge of 1e-12 moves the loss by about as much.
  expect(loss).toBeLessThan(1e-9)
})
