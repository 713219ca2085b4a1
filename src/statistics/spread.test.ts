import { expect, test } from "vitest"
import { spreadOf } from "./spread.ts"

test("a spread has the quantiles of its values, whatever their order", () => {
  const values = Array.from({ length: 101 }, (_, i) => (i * 37) % 101)
  expect(spreadOf(values)).toEqual({ mean: 50, p50: 50, p90: 90, p95: 95, p99: 99, max: 100 })
})

test("nothing spreads nothing", () => {
  expect(spreadOf([])).toEqual({ mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 })
})
