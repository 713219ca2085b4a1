import fc from "fast-check"
import { expect, test } from "vitest"
import { curveAt, fallingCurveInverse } from "./curve.ts"

test("a curve is linear between its points and constant outside", () => {
  const curve = [
    [10, 1],
    [20, 3],
  ] as const
  expect([0, 10, 15, 20, 99].map((x) => curveAt(curve, x))).toEqual([1, 1, 2, 3, 3])
})

test("the inverse of a falling curve gives back where it is", () => {
  const curve = [
    [0, 1],
    [270, 0.97],
    [315, 0.57],
    [360, 0],
  ] as const
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (y) => {
      expect(curveAt(curve, fallingCurveInverse(curve, y))).toBeCloseTo(y, 9)
    }),
  )
})
