import { describe, expect, test } from "vitest"
import { type Random, seededRandom } from "../base/random.ts"
import { normalCdf, normalQuantile } from "../statistics/normal.ts"
import { quantileRegression } from "../statistics/quantile-regression.ts"
import { fittedLevel, ratioSpread } from "./ratio-spread.ts"

const normal = (random: Random): number => normalQuantile(1e-9 + (1 - 2e-9) * random.next())

/** Mean share of unseen points below a plane of 5 columns fitted at that level on 100 points with normal noise. */
function coverage(level: number): number {
  const random = seededRandom(9)
  const draw = (): number[] => [1, normal(random), normal(random), normal(random), normal(random)]
  let sum = 0
  const repetitions = 300
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const rows = Array.from({ length: 100 }, draw)
    const targets = rows.map((row) => row[1]! + normal(random))
    const { coefficients } = quantileRegression({ rows, targets }, level)
    // At a new point the truth is the first slope; what the plane covers there is exact.
    const fresh = draw()
    const plane = coefficients.reduce((total, value, j) => total + value * fresh[j]!, 0)
    sum += normalCdf(plane - fresh[1]!) / repetitions
  }
  return sum
}

describe("fittedLevel", () => {
  test("a plane at the level itself covers too little of what it has not seen; at the fitted level it covers it", () => {
    // The standard error of the mean over 300 fits is 0.3 points.
    expect(coverage(0.9)).toBeLessThan(0.885)
    expect(Math.abs(coverage(fittedLevel(0.9, 100, 5)) - 0.9)).toBeLessThan(0.01)
    expect(coverage(0.1)).toBeGreaterThan(0.115)
    expect(Math.abs(coverage(fittedLevel(0.1, 100, 5)) - 0.1)).toBeLessThan(0.01)
  })

  test("the median needs no correction, many rows need little, and levels stay inside (0, 1)", () => {
    expect(fittedLevel(0.5, 20, 4)).toBe(0.5)
    expect(fittedLevel(0.9, 10_000, 5)).toBeCloseTo(0.9, 3)
    expect(fittedLevel(0.99, 20, 5)).toBeLessThan(1)
    expect(fittedLevel(0.05, 20, 5)).toBeGreaterThan(0)
    expect(fittedLevel(0.9, 3, 5)).toBe(0.9)
  })
})

describe("ratioSpread", () => {
  test("few rows: the prior's lognormal; many: that of the rows", () => {
    const fit = { level: 0.5, priorLogSd: 0.2 }
    expect(ratioSpread([], fit)(0.95)).toBeCloseTo(Math.exp(1.645 * 0.2), 3)
    const random = seededRandom(3)
    const logs = Array.from({ length: 4000 }, () => 0.05 * normal(random))
    const factor = ratioSpread(logs, fit)
    // Two standard errors of an order statistic at P95 of 4,000 with sd 0.05.
    expect(Math.abs(Math.log(factor(0.95)) - 1.645 * 0.05)).toBeLessThan(0.004)
    expect(factor(0.99)).toBeGreaterThan(factor(0.95))
  })

  test("never to the other side of the level it starts from", () => {
    const factor = ratioSpread(
      Array.from({ length: 40 }, () => -0.3),
      { level: 0.75, priorLogSd: 0.2 },
    )
    expect(factor(0.9)).toBeGreaterThanOrEqual(1)
    expect(factor(0.5)).toBeLessThanOrEqual(1)
  })
})
