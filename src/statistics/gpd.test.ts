import * as fc from "fast-check"
import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import {
  DEFAULT_XI,
  excessDensity,
  excessMoments,
  excessQuantile,
  excessSurvival,
  fitExcesses,
  MAX_XI,
  shrunkShape,
} from "./gpd.ts"

const laws = fc.record({
  xi: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: MAX_XI, noNaN: true })),
  beta: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
})

test("survival inverts the quantile, and the density is its slope", () => {
  fc.assert(
    fc.property(laws, fc.double({ min: 1e-6, max: 1, noNaN: true }), (law, survival) => {
      const excess = excessQuantile(law, survival)
      expect(excessSurvival(law, excess) / survival).toBeCloseTo(1, 9)
      const h = 1e-5 * law.beta
      const slope = (excessSurvival(law, excess) - excessSurvival(law, excess + h)) / h
      // A difference over h is off by h f'/2 and by rounding of 1e-16 / h.
      expect(Math.abs(slope - excessDensity(law, excess)) * law.beta).toBeLessThan(2e-5)
    }),
  )
})

test("a shape near 0 is the exponential", () => {
  const [near, exact] = [
    { xi: 1e-9, beta: 2 },
    { xi: 0, beta: 2 },
  ]
  expect(excessQuantile(near, 0.01)).toBeCloseTo(excessQuantile(exact, 0.01), 6)
  expect(excessQuantile(exact, 0.01)).toBeCloseTo(2 * Math.log(100), 12)
})

test("moments agree with the integral of the quantile function", () => {
  const law = { xi: 0.2, beta: 3 }
  const count = 1e6
  let first = 0
  let second = 0
  for (let i = 0; i < count; i++) {
    const excess = excessQuantile(law, (i + 0.5) / count)
    first += excess / count
    second += (excess * excess) / count
  }
  const moments = excessMoments(law)
  expect(first / moments.mean).toBeCloseTo(1, 4)
  // The midpoint rule misses some of the square beyond the last of a million points.
  expect(Math.abs(second / moments.square - 1)).toBeLessThan(2e-3)
})

test("probability-weighted moments find shape and scale again", () => {
  for (const law of [
    { xi: 0.05, beta: 10 },
    { xi: 0.3, beta: 0.2 },
  ]) {
    const excesses = Array.from({ length: 20_000 }, (_, i) => excessQuantile(law, 1 - (i + 0.5) / 20_000))
    const fit = fitExcesses(excesses)!
    expect(Math.abs(fit.xi - law.xi)).toBeLessThan(0.01)
    expect(Math.abs(fit.beta / law.beta - 1)).toBeLessThan(0.01)
  }
  expect(fitExcesses([1])).toBeNull()
  expect(fitExcesses([0, 0, 0])).toBeNull()
})

test("the shape is pooled for few samples and its own for many, and never leaves its bounds", () => {
  const random = seededRandom(3)
  const drawn = (count: number, xi: number): number[] =>
    Array.from({ length: count }, () => 100 + excessQuantile({ xi, beta: 10 }, 1 - random.next())).sort((a, b) => a - b)
  expect(shrunkShape(drawn(49, 0.4))).toBe(DEFAULT_XI)
  expect(shrunkShape(drawn(30, 0.4), 0.2)).toBe(0.2)
  // The sd of the own shape is about 1 / sqrt(excesses): .022 for 2,000.
  expect(Math.abs(shrunkShape(drawn(20_000, 0.35)) - 0.35)).toBeLessThan(0.09)
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }), (values) => {
      const xi = shrunkShape(values.toSorted((a, b) => a - b))
      expect(xi).toBeGreaterThanOrEqual(0)
      expect(xi).toBeLessThanOrEqual(MAX_XI)
    }),
  )
})
