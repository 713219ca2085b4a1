import * as fc from "fast-check"
import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { criticalDistance, effectiveCount, oneSampleDistance, pValue, twoSampleDistance } from "./kolmogorov-smirnov.ts"

const uniformCdf = (x: number): number => Math.min(1, Math.max(0, x))
const samples = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 })

test("the distance is the largest gap of the cdfs at any point", () => {
  expect(oneSampleDistance([0.5], uniformCdf)).toBeCloseTo(0.5, 9)
  expect(oneSampleDistance([0.1, 0.2, 0.3], uniformCdf)).toBeCloseTo(0.7, 9)
  expect(twoSampleDistance([1, 2], [3, 4])).toBe(1)
  expect(twoSampleDistance([1, 3], [2, 4])).toBe(0.5)
  const share = (of: readonly number[], x: number): number => of.filter((value) => value <= x).length / of.length
  fc.assert(
    fc.property(samples, samples, (a, b) => {
      const brute = Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))))
      expect(twoSampleDistance(a, b)).toBeCloseTo(brute, 12)
      expect(oneSampleDistance(a, (x) => share(b, x))).toBeCloseTo(brute, 12)
    }),
  )
})

test("critical distances are those of the tables", () => {
  // Exact values for 10, 20 and 50 samples (Massey 1951): the correction is right to 0.001.
  for (const [count, exact] of [
    [10, 0.409],
    [20, 0.294],
    [50, 0.188],
  ] as const)
    expect(Math.abs(criticalDistance(count, 0.05) - exact)).toBeLessThan(0.0015)
  expect(criticalDistance(1e6, 0.05) * 1e3).toBeCloseTo(1.358, 2)
  expect(effectiveCount(50, 50)).toBe(25)
})

test("the chance of a distance falls from 1 to 0 without a step where the series change", () => {
  let last = 1
  for (let distance = 0; distance <= 1; distance += 0.001) {
    const p = pValue(distance, 30)
    expect(p).toBeLessThanOrEqual(last + 1e-12)
    expect(last - p).toBeLessThan(0.012)
    last = p
  }
  expect(last).toBeLessThan(1e-9)
})

test("samples of the law itself are rejected as often as the level says", () => {
  const random = seededRandom(11)
  const critical = criticalDistance(40, 0.05)
  let rejected = 0
  for (let i = 0; i < 4000; i++) {
    const drawn = Array.from({ length: 40 }, () => random.next())
    if (oneSampleDistance(drawn, uniformCdf) > critical) rejected++
  }
  // 5 % of 4,000 with four standard deviations.
  expect(Math.abs(rejected / 4000 - 0.05)).toBeLessThan(0.014)
})
