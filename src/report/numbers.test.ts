import { describe, expect, it } from "vitest"
import {
  count,
  formatDeviation,
  formatPercentile,
  formatShare,
  groupDigits,
  shortMs,
  shortUsd,
  usdFormatter,
} from "./numbers.ts"

describe("numbers", () => {
  it.each([
    [110, 100, "+10 %"],
    [88, 100, "-12 %"],
    [100.2, 100, "0 %"],
    [99.9, 100, "0 %"],
    [1, 0, ""],
  ])("%d against %d is %s", (value, base, text) => {
    expect(formatDeviation(value, base)).toBe(text)
  })

  it("write shares with a decimal where they are small", () => {
    expect([0, 0.0001, 0.005, 0.094, 0.5].map(formatShare)).toEqual(["0 %", "under 0.1 %", "0.5 %", "9.4 %", "50 %"])
  })

  it("write times with three digits", () => {
    expect([0, 864, 999.6, 1894, 17_888, 125_000, Number.NaN].map(shortMs)).toEqual([
      "0 ms",
      "864 ms",
      "1.00 s",
      "1.89 s",
      "17.9 s",
      "2 min 05 s",
      "-",
    ])
  })

  it("align a column of dollars on its smallest amount", () => {
    expect([1.5, 0.00012].map(usdFormatter([1.5, 0.00012, 0]))).toEqual(["$1.500000", "$0.000120"])
    expect(usdFormatter([])(0)).toBe("$0.00")
    expect([0, 0.0000314, 12.345].map(shortUsd)).toEqual(["$0", "$0.0000314", "$12.35"])
  })

  it("read well", () => {
    expect(count(1, "instance")).toBe("1 instance")
    expect(count(1200, "instance")).toBe("1,200 instances")
    expect(groupDigits("292720925")).toBe("292,720,925")
    expect(groupDigits("n/a")).toBe("n/a")
    expect([0.95, 0.999].map(formatPercentile)).toEqual(["p95", "p99.9"])
  })
})
