import * as fc from "fast-check"
import { expect, test } from "vitest"
import { median, weightedMedian } from "./order-statistics.ts"

const counted = fc.array(
  fc.record({ value: fc.double({ min: -1e6, max: 1e6, noNaN: true }), count: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 1, maxLength: 12 },
)

test("a weighted median is the median of values repeated as often as they count", () => {
  fc.assert(
    fc.property(counted, (rows) => {
      const repeated = rows.flatMap(({ value, count }) => Array.from({ length: count }, () => value))
      expect(
        weightedMedian(
          rows.map(({ value }) => value),
          rows.map(({ count }) => count),
        ),
      ).toBe(median(repeated))
    }),
  )
})
