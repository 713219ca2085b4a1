import * as fc from "fast-check"
import { expect, test } from "vitest"
import {
  blendedShare,
  blendQuantile,
  configNavigatorBlend,
  fromBlend,
  PEAK_ALPHA,
  PEAK_RATIO,
} from "./confignavigator-blend.ts"
import { PROBABILITIES } from "./distribution.ts"
import { quantile } from "./quantile-table.ts"

test("no Pareto law has p95/mean above 2.456, which is reached at 1.501", () => {
  expect(PEAK_ALPHA).toBeCloseTo(1.501, 3)
  expect(PEAK_RATIO).toBeCloseTo(2.456, 3)
  const over = configNavigatorBlend({ mean: 100, sd: 120, p95: 246 })
  expect([over.solvable, over.alpha]).toEqual([false, PEAK_ALPHA])
  expect(configNavigatorBlend({ mean: 100, sd: 120, p95: 245 }).solvable).toBe(true)
  expect(configNavigatorBlend({ mean: 100, sd: 20, p95: 99 }).solvable).toBe(false)
})

test("the Pareto law has the mean and the p95 it was given, with the larger of the two exponents", () => {
  fc.assert(
    fc.property(fc.double({ min: 1.001, max: 2.45, noNaN: true }), (ratio) => {
      const { alpha, solvable } = configNavigatorBlend({ mean: 100, sd: 10, p95: 100 * ratio })
      expect(solvable).toBe(true)
      expect(alpha).toBeGreaterThan(PEAK_ALPHA)
      const least = (100 * (alpha - 1)) / alpha
      expect((least * 20 ** (1 / alpha)) / (100 * ratio)).toBeCloseTo(1, 9)
    }),
  )
})

test("below the blending it is the normal law, from p95 on the Pareto law", () => {
  const blend = configNavigatorBlend({ mean: 100, sd: 20, p95: 140 })
  expect(blendedShare(blend, 100)).toBe(0.5)
  expect(blendedShare(blend, 140)).toBeCloseTo(0.95, 9)
  expect(blendQuantile(blend, 0.5)).toBeCloseTo(100, 9)
  expect(blendQuantile(blend, 0.95)).toBeCloseTo(140, 6)
})

test("the printed blend need not be a law: its cdf can fall", () => {
  const blend = configNavigatorBlend({ mean: 100, sd: 5, p95: 180 })
  const shares = Array.from({ length: 81 }, (_, i) => blendedShare(blend, 100 + i))
  expect(shares.some((share, i) => i > 0 && share < shares[i - 1]! - 0.001)).toBe(true)
})

test("its quantiles rise nevertheless, and its table has them", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 200, noNaN: true }),
      fc.double({ min: 101, max: 400, noNaN: true }),
      (sd, p95) => {
        const blend = configNavigatorBlend({ mean: 100, sd, p95 })
        const quantiles = [0.01, ...PROBABILITIES, 0.999].map((p) => blendQuantile(blend, p))
        for (const [i, ms] of quantiles.entries()) if (i > 0) expect(ms).toBeGreaterThanOrEqual(quantiles[i - 1]!)
        const table = fromBlend(blend)
        // Its normal body may lie below 0, a time may not.
        for (const p of PROBABILITIES)
          expect(quantile(table, p)).toBeCloseTo(Math.max(1e-3, blendQuantile(blend, p)), 6)
      },
    ),
    { numRuns: 40 },
  )
})
