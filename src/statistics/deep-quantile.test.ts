import * as fc from "fast-check"
import { expect, test } from "vitest"
import { fromQuantilesAndP999 } from "./deep-quantile.ts"
import { PROBABILITIES } from "./distribution.ts"
import { constant, logNormal, quantile } from "./quantile-table.ts"

test("the tail meets P99.9, and the points stay", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.02, max: 0.5, noNaN: true }),
      fc.double({ min: 0, max: 0.45, noNaN: true }),
      (logSd, xi) => {
        const d = { ...logNormal(100, logSd), tail: { xi, fromP: 0.99 } }
        const points = PROBABILITIES.map((p) => quantile(d, p))
        const again = fromQuantilesAndP999(points, quantile(d, 0.999))
        expect(again.tail.xi).toBeCloseTo(xi, 6)
        for (const [i, log] of d.logMs.entries()) expect(again.logMs[i]).toBeCloseTo(log, 12)
      },
    ),
  )
})

test("a P99.9 that no shape meets gives the nearest, and a constant stays one", () => {
  const points = PROBABILITIES.map((p) => quantile(logNormal(100, 0.2), p))
  expect(fromQuantilesAndP999(points, points.at(-1)!).tail.xi).toBe(0)
  expect(fromQuantilesAndP999(points, 1e9).tail.xi).toBeGreaterThan(0.48)
  expect(
    quantile(
      fromQuantilesAndP999(
        PROBABILITIES.map(() => 5),
        5,
      ),
      0.9999,
    ),
  ).toBeCloseTo(5, 9)
  expect(constant(5).logMs).toEqual(
    fromQuantilesAndP999(
      PROBABILITIES.map(() => 5),
      5,
    ).logMs,
  )
})
