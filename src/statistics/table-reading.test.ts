import * as fc from "fast-check"
import { expect, test } from "vitest"
import { PROBABILITIES } from "./distribution.ts"
import { normalQuantile } from "./normal.ts"
import { DEFAULT_XI, fromQuantiles, logNormal, mean, quantile, sd } from "./quantile-table.ts"
import { quantileReader, tableMean, tableSd } from "./table-reading.ts"

const readingsOf = (d: ReturnType<typeof logNormal>): number[] => PROBABILITIES.map((p) => quantile(d, p))

test("mean and sd are exact for normal times and close to the table's for skewed ones", () => {
  const normal = PROBABILITIES.map((p) => 500 + 40 * normalQuantile(p))
  expect(tableMean(normal)).toBeCloseTo(500, 9)
  expect(tableSd(normal)).toBeCloseTo(40, 9)
  const skewed = logNormal(100, 0.3)
  expect(Math.abs(tableMean(readingsOf(skewed)) / mean(skewed) - 1)).toBeLessThan(0.003)
  expect(Math.abs(tableSd(readingsOf(skewed)) / sd(skewed) - 1)).toBeLessThan(0.1)
})

test("a reader gives what the table gives, at any level", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 1e5, noNaN: true }), { minLength: 7, maxLength: 7 }),
      fc.double({ min: 0.001, max: 0.9999, noNaN: true }),
      (values, p) => {
        const quantiles = values.toSorted((a, b) => a - b)
        const table = fromQuantiles(quantiles, { xi: DEFAULT_XI, fromP: 0.99 })
        for (const level of [p, 0.5, 0.95, 0.99]) {
          expect(quantileReader(level)(quantiles) / quantile(table, level)).toBeCloseTo(1, 9)
        }
      },
    ),
  )
})
