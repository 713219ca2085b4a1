import { expect, test } from "vitest"
import { PROBABILITIES } from "./distribution.ts"
import { normalQuantile } from "./normal.ts"
import { productOf } from "./product.ts"
import { constant, fromLogs, logNormal } from "./quantile-table.ts"

test("the product of lognormal factors is the lognormal of the summed variances", () => {
  for (const [a, b] of [
    [0.1, 0.1],
    [0.3, 0.05],
    [0.02, 0.2],
  ] as const) {
    const sd = Math.hypot(a, b)
    const product = productOf(bare(2, a), bare(3, b))
    for (const [i, p] of PROBABILITIES.entries()) {
      // Strata have no spread of their own: up to 2 % of the deviation is lost.
      const tolerance = 0.02 * sd * Math.max(1, Math.abs(normalQuantile(p)))
      expect(Math.abs(product.logMs[i]! - Math.log(6) - sd * normalQuantile(p))).toBeLessThan(tolerance)
    }
  }
})

test("a factor without spread scales, the order does not matter", () => {
  const d = bare(5, 0.2)
  for (const [i, log] of productOf(d, constant(2)).logMs.entries())
    expect(log).toBeCloseTo(d.logMs[i]! + Math.log(2), 9)
  expect(productOf(constant(2), constant(3)).logMs[2]).toBeCloseTo(Math.log(6), 9)
  const other = logNormal(1, 0.05)
  expect(productOf(other, d)).toEqual(productOf(d, other))
})

/** Lognormal at all seven points. */
function bare(median: number, sd: number): ReturnType<typeof fromLogs> {
  const logs = PROBABILITIES.map((p) => Math.log(median) + sd * normalQuantile(p))
  return fromLogs(logs, { xi: 0, fromP: 0.99 })
}
