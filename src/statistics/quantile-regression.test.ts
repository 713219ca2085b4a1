import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { solveSymmetric } from "./linear-solve.ts"
import { pinball, quantileRegression, quantileRegressions, type RegressionData } from "./quantile-regression.ts"

const TAUS = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]

/** Lines y = 3 + 2 x with skewed noise that grows with x. */
function skewed(count: number, seed: number): RegressionData {
  const random = seededRandom(seed)
  const rows = Array.from({ length: count }, () => [1, random.next() * 10])
  return { rows, targets: rows.map((row) => 3 + 2 * row[1]! - Math.log(1 - random.next()) * (1 + row[1]!)) }
}

/** The least loss over all lines through two of the rows: an optimum is always among them. */
function enumerated(data: RegressionData, tau: number): number {
  let best = Infinity
  for (let i = 0; i < data.rows.length; i++) {
    for (let j = 0; j < i; j++) {
      const rise = data.rows[i]![1]! - data.rows[j]![1]!
      if (rise === 0) continue
      const slope = (data.targets[i]! - data.targets[j]!) / rise
      best = Math.min(best, pinball(data, [data.targets[i]! - slope * data.rows[i]![1]!, slope], tau))
    }
  }
  return best
}

/** Zero is in the subdifferential: bounds on the sum of signs times x, with free multipliers on the rows met exactly. */
function optimalityGap(data: RegressionData, coefficients: readonly number[], tau: number): number {
  const width = coefficients.length
  const force = Array.from({ length: width }, () => 0)
  const met: (readonly number[])[] = []
  for (const [i, row] of data.rows.entries()) {
    const residual = data.targets[i]! - row.reduce((sum, value, j) => sum + value * coefficients[j]!, 0)
    if (Math.abs(residual) < 1e-7) met.push(row)
    else row.forEach((value, j) => (force[j]! += (residual > 0 ? tau : tau - 1) * value))
  }
  if (met.length !== width) return Number.NaN
  // force + sum of multipliers * met = 0 with multipliers in [tau - 1, tau].
  const gram = met.flatMap((a) => met.map((b) => a.reduce((sum, value, j) => sum + value * b[j]!, 0)))
  const right = met.map((row) => -row.reduce((sum, value, j) => sum + value * force[j]!, 0))
  const multipliers = solveSymmetric(gram, right)!
  return Math.max(...multipliers.map((value) => Math.max(value - tau, tau - 1 - value)))
}

describe("quantileRegression", () => {
  test("finds the optimum of small problems, by enumeration of all lines through two rows", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: -20, max: 100 })), {
          minLength: 3,
          maxLength: 14,
        }),
        fc.constantFrom(...TAUS),
        (points, tau) => {
          fc.pre(new Set(points.map((point) => point[0])).size > 1)
          const data = { rows: points.map(([x]) => [1, x]), targets: points.map(([, y]) => y) }
          const fit = quantileRegression(data, tau)
          const best = enumerated(data, tau)
          expect(fit.loss).toBeLessThanOrEqual(best + 1e-8 * (1 + best))
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each([
    [60, 0.5],
    [300, 0.05],
    [300, 0.9],
    [1000, 0.99],
    [3000, 0.95],
  ])("%i rows at %f: converges and zero is a subgradient", (count, tau) => {
    const data = skewed(count, 11)
    const fit = quantileRegression(data, tau)
    expect(fit.converged).toBe(true)
    expect(optimalityGap(data, fit.coefficients, tau)).toBeLessThan(1e-6)
    const below = data.rows.filter(
      (row, i) => data.targets[i]! < fit.coefficients[0]! + fit.coefficients[1]! * row[1]! - 1e-7,
    ).length
    expect(below / count).toBeGreaterThanOrEqual(tau - 2 / count - 1e-9)
    expect(below / count).toBeLessThanOrEqual(tau + 2 / count + 1e-9)
  })

  test("is equivariant: cY + Xb moves the coefficients to c times them plus b", () => {
    const data = skewed(80, 3)
    const moved = { rows: data.rows, targets: data.targets.map((y, i) => 4 * y + 7 - 3 * data.rows[i]![1]!) }
    const before = quantileRegression(data, 0.75).coefficients
    const after = quantileRegression(moved, 0.75).coefficients
    expect(after[0]).toBeCloseTo(4 * before[0]! + 7, 6)
    expect(after[1]).toBeCloseTo(4 * before[1]! - 3, 6)
  })

  test("constant targets, repeated rows, collinear columns and one row give a finite optimum", () => {
    const constant = {
      rows: [
        [1, 1],
        [1, 2],
        [1, 3],
      ],
      targets: [5, 5, 5],
    }
    expect(quantileRegression(constant, 0.9).loss).toBeLessThan(1e-8)
    const repeated = {
      rows: Array.from({ length: 40 }, (_, i) => [1, i % 2]),
      targets: Array.from({ length: 40 }, (_, i) => i % 2),
    }
    expect(quantileRegression(repeated, 0.5).loss).toBeLessThan(1e-8)
    const collinear = skewed(50, 5)
    const doubled = { rows: collinear.rows.map((row) => [...row, 2 * row[1]!]), targets: collinear.targets }
    expect(quantileRegression(doubled, 0.9).loss).toBeCloseTo(quantileRegression(collinear, 0.9).loss, 6)
    expect(quantileRegression({ rows: [[1, 0]], targets: [4] }, 0.5).coefficients.every(Number.isFinite)).toBe(true)
  })

  test("at each level the share of rows below the plane is the level, to columns / rows", () => {
    for (const count of [10, 60, 400]) {
      const data = skewed(count, count)
      for (const [i, { coefficients }] of quantileRegressions(data, TAUS).entries()) {
        const residuals = data.rows.map((row, k) => data.targets[k]! - coefficients[0]! - coefficients[1]! * row[1]!)
        // Rows on the plane are met to rounding.
        const below = residuals.filter((residual) => residual < -1e-9).length
        const notAbove = residuals.filter((residual) => residual <= 1e-9).length
        expect(below / count).toBeLessThanOrEqual(TAUS[i]! + 1e-12)
        expect(notAbove / count).toBeGreaterThanOrEqual(TAUS[i]! - 1e-12)
        expect(notAbove - below).toBe(2)
      }
    }
  })

  test("levels fitted together are those fitted alone, in the order asked for", () => {
    const data = skewed(120, 6)
    const together = quantileRegressions(data, [0.99, 0.05, 0.5])
    for (const [i, tau] of [0.99, 0.05, 0.5].entries()) {
      expect(together[i]!.loss).toBeCloseTo(quantileRegression(data, tau).loss, 9)
    }
  })
})
