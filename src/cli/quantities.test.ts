import { expect, test } from "vitest"
import { parseDurationMs, parsePercentile, parseUsd } from "./quantities.ts"

test("durations are read with and without a unit", () => {
  expect(["800ms", "20s", "1.5m", "2min", "1h", "250", " 3 s "].map(parseDurationMs)).toEqual([
    800, 20_000, 90_000, 120_000, 3_600_000, 250, 3_000,
  ])
})

test("amounts and percentiles are read as people write them", () => {
  expect(["0.002", "$1.5", "3e-5"].map(parseUsd)).toEqual([0.002, 1.5, 3e-5])
  expect(["0.95", "95", "p99", "p99.9"].map(parsePercentile)).toEqual([0.95, 0.95, 0.99, 0.9990000000000001])
})

test.each(["", "0", "-1s", "ten", "5 weeks", "Infinity", "NaN", "1e400s"])("%j is no duration", (text) => {
  expect(() => parseDurationMs(text)).toThrow("a duration is a positive number")
})

test("nothing but a share between 0 and 1 is a percentile, nothing but a positive amount a budget", () => {
  for (const text of ["0", "100", "p100", "-1", "x"]) expect(() => parsePercentile(text)).toThrow("a percentile is")
  for (const text of ["0", "-1", "x", "1 EUR"]) expect(() => parseUsd(text)).toThrow("a budget is")
})
