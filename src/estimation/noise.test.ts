import { expect, test } from "vitest"
import { mean, quantile } from "../statistics/quantile-table.ts"
import { noiseOf, poolNoise, slowestFactor } from "./noise.ts"

const cells = (count: number, size: number, sd: number): { memoryMB: number; residuals: number[] }[] =>
  Array.from({ length: count }, (_, i) => ({
    memoryMB: 512,
    residuals: Array.from({ length: size }, (_, k) => sd * Math.sqrt(2) * Math.sin(1 + 7 * i + 13 * k)),
  }))
const noiseFrom = (residuals: Parameters<typeof poolNoise>[0]): ReturnType<typeof noiseOf> =>
  noiseOf(poolNoise(residuals), { variance: 0, spare: 0 })
const spreadOf = (d: Parameters<typeof quantile>[0]): number => Math.log(quantile(d, 0.95) / quantile(d, 0.5)) / 1.645

test("nothing repeated gives 5 %, equal repetitions never less than 3 %", () => {
  expect(spreadOf(noiseFrom([]))).toBeCloseTo(0.05, 4)
  expect(spreadOf(noiseFrom(cells(20, 3, 0)))).toBeGreaterThanOrEqual(0.0299)
  expect(spreadOf(noiseFrom(cells(10, 20, 0)))).toBeGreaterThanOrEqual(0.0299)
})

test("many repetitions show their own spread, one wild sample does not", () => {
  expect(spreadOf(noiseFrom(cells(30, 4, 0.12)))).toBeGreaterThan(0.09)
  expect(spreadOf(noiseFrom(cells(10, 40, 0.12)))).toBeGreaterThan(0.09)
  const wild = [...cells(12, 3, 0.03), { memoryMB: 512, residuals: [0, 0, 2.3] }]
  expect(spreadOf(noiseFrom(wild))).toBeLessThan(0.12)
})

test("the slowest of several is slower at every level, and the error of the form widens it", () => {
  const noise = noiseFrom([])
  for (const p of [0.05, 0.5, 0.95, 0.99]) {
    expect(quantile(slowestFactor(noise, 0.03, 8), p)).toBeGreaterThan(quantile(slowestFactor(noise, 0.03, 1), p))
  }
  expect(spreadOf(slowestFactor(noise, 0.05, 1))).toBeCloseTo(Math.hypot(0.05, 0.05), 3)
  expect(mean(slowestFactor(noise, 0.03, 1))).toBeCloseTo(1, 2)
})

test("without repetitions the spread around the curve tells the noise", () => {
  const pool = poolNoise([])
  expect(spreadOf(noiseOf(pool, { variance: 0.15 ** 2, spare: 12 }))).toBeGreaterThan(0.1)
  expect(spreadOf(noiseOf(pool, { variance: 0.02 ** 2, spare: 12 }))).toBeLessThan(0.045)
})
