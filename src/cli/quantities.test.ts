import { expect, test } from "vitest"
import {
  parseCount,
  parseDurationMs,
  parseMemoryList,
  parseMemoryMB,
  parsePercentile,
  parseShare,
  parseUsd,
  parseWarm,
} from "./quantities.ts"

test("durations are read with and without a unit", () => {
  expect(["800ms", "20s", "1.5m", "2min", "1h", "250", " 3 s "].map(parseDurationMs)).toEqual([
    800, 20_000, 90_000, 120_000, 3_600_000, 250, 3_000,
  ])
})

test("amounts and percentiles are read as people write them", () => {
  expect(["0.002", "$1.5", "3e-5"].map(parseUsd)).toEqual([0.002, 1.5, 3e-5])
  expect(["0.95", "95", "p99", "p99.9"].map(parsePercentile)).toEqual([0.95, 0.95, 0.99, 0.9990000000000001])
})

test("shares are read with and without a percent sign, and are no more than the whole", () => {
  expect(["1%", "0.5 %", "0.01", "1"].map(parseShare)).toEqual([0.01, 0.005, 0.01, 1])
  for (const text of ["0", "0%", "101%", "5", "-1%", "x", ""]) expect(() => parseShare(text)).toThrow("a share is")
})

test.each(["", "0", "-1s", "ten", "5 weeks", "Infinity", "NaN", "1e400s"])("%j is no duration", (text) => {
  expect(() => parseDurationMs(text)).toThrow("a duration is a positive number")
})

test("nothing but a share between 0 and 1 is a percentile, nothing but a positive amount a budget", () => {
  for (const text of ["0", "100", "p100", "-1", "x"]) expect(() => parsePercentile(text)).toThrow("a percentile is")
  for (const text of ["0", "-1", "x", "1 EUR"]) expect(() => parseUsd(text)).toThrow("a budget is")
})

test("memory sizes and counts are whole numbers in their range", () => {
  expect(["128", "1024MB", "10240 mb"].map(parseMemoryMB)).toEqual([128, 1024, 10_240])
  expect(parseMemoryList("1024,512,1024")).toEqual([512, 1024])
  expect([parseCount("3"), parseWarm("0")]).toEqual([3, 0])
  for (const text of ["64", "10241", "1e3", "1 GB", "", "512;1024"])
    expect(() => parseMemoryMB(text)).toThrow("a memory size is")
  for (const text of ["0", "-1", "1.5", ""]) expect(() => parseCount(text)).toThrow("a whole number from 1")
  expect(() => parseWarm("-1")).toThrow("a whole number from 0")
})
