import { beforeAll, describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { frischNewton } from "./frisch-newton.ts"
import { orthogonalColumns } from "./orthogonal-columns.ts"
import { pinball, quantileRegression, quantileRegressions, type RegressionData } from "./quantile-regression.ts"
import { loadQuantileLp, type QuantileLp } from "./testing/quantile-lp.ts"

const TAUS = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]

type Kind = "smooth" | "ties" | "duplicated" | "collinear" | "constant"

/** All squares and products of two variables, with skewed noise that grows with the first. */
function problem(kind: Kind, count: number, seed: number = count): RegressionData {
  const random = seededRandom(seed)
  const rows: number[][] = []
  const targets: number[] = []
  for (let i = 0; i < count; i++) {
    const a = kind === "ties" ? Math.floor(random.next() * 4) : random.next() * 10
    const b = kind === "ties" ? Math.floor(random.next() * 3) : random.next() * 100
    const y = 3 + 2 * a + 0.1 * b - Math.log(1 - random.next()) * (1 + a)
    rows.push([1, a, kind === "collinear" ? 2 * a + 1 : b, a * a, b * b, a * b])
    targets.push(kind === "constant" ? 5 : kind === "ties" ? Math.round(y) : y)
  }
  if (kind !== "duplicated") return { rows, targets }
  return { rows: rows.map((_, i) => rows[i >> 1]!), targets: targets.map((_, i) => targets[i >> 1]!) }
}

describe("quantile regression against a linear program", () => {
  let lp: QuantileLp
  beforeAll(async () => {
    lp = await loadQuantileLp()
  })

  // The sum of |Y| stands in where the least loss is 0, as with constant targets.
  const gapOf = (data: RegressionData, loss: number, tau: number): number => {
    const best = lp(data, tau)
    const size = data.targets.reduce((sum, y) => sum + Math.abs(y), 0)
    return Math.abs(loss - best) / Math.max(best, 1e-3 * size)
  }

  test.each<Kind>(["smooth", "ties", "duplicated", "collinear", "constant"])(
    "%s: the least loss to 8 digits at all seven levels, from 10 rows to 1,000",
    (kind) => {
      for (const count of [10, 200, 1000]) {
        const data = problem(kind, count)
        for (const [i, fit] of quantileRegressions(data, TAUS).entries()) {
          expect(fit.converged).toBe(true)
          expect(gapOf(data, fit.loss, TAUS[i]!), `${count} rows at ${TAUS[i]}`).toBeLessThan(1e-8)
        }
      }
    },
  )

  test("10,000 rows at P99: the interior point arrives with steps of 0.97, and stalls on some data with 0.9995", () => {
    const stalled: number[] = []
    for (const seed of [1, 3]) {
      const full = problem("smooth", 10_000, seed)
      const data = { rows: full.rows.map(([one, a, b]) => [one!, a!, b!]), targets: full.targets }
      const best = quantileRegression(data, 0.99).loss
      if (seed === 1) expect(gapOf(data, best, 0.99)).toBeLessThan(1e-8)
      const columns = orthogonalColumns(data.rows, 3)
      const design = { x: columns.q, targets: Float64Array.from(data.targets), width: columns.rank }
      const excess = (stepShare: number): number => {
        const { coefficients, converged } = frischNewton(design, 0.99, { stepShare })
        const loss = pinball(data, columns.original(coefficients), 0.99)
        expect(converged).toBe(loss / best - 1 < 1e-8)
        return loss / best - 1
      }
      expect(excess(0.97)).toBeLessThan(1e-8)
      stalled.push(excess(0.9995))
    }
    // Four orders above what is asked of a fit; how far off it stays, if it does, depends on the data.
    expect(Math.max(...stalled)).toBeGreaterThan(1e-4)
  })

  test("the interior point alone is within 8 digits too", () => {
    const data = problem("smooth", 200)
    const columns = orthogonalColumns(data.rows, 6)
    const design = { x: columns.q, targets: Float64Array.from(data.targets), width: columns.rank }
    for (const tau of TAUS) {
      const { coefficients, converged } = frischNewton(design, tau)
      expect(converged).toBe(true)
      expect(gapOf(data, pinball(data, columns.original(coefficients), tau), tau)).toBeLessThan(1e-8)
    }
  })

  test("cut short, it says so and still returns the best plane seen", () => {
    const data = problem("smooth", 200)
    const columns = orthogonalColumns(data.rows, 6)
    const design = { x: columns.q, targets: Float64Array.from(data.targets), width: columns.rank }
    const lossAfter = (maxIterations: number): number => {
      const { coefficients, converged } = frischNewton(design, 0.9, { maxIterations })
      expect(converged).toBe(false)
      return pinball(data, columns.original(coefficients), 0.9)
    }
    expect(lossAfter(3)).toBeGreaterThan(lp(data, 0.9))
    expect(lossAfter(6)).toBeLessThan(lossAfter(1))
  })
})
