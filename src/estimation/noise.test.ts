import { expect, test } from "vitest"
import type { Distribution } from "../statistics/distribution.ts"
import { mean, quantile } from "../statistics/quantile-table.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { PROBABILITIES } from "../statistics/distribution.ts"
import type { CellResiduals } from "./cells.ts"
import { noiseOf, poolNoise, slowestFactor } from "./noise.ts"
import type { FormError } from "./form-error.ts"

const cells = (count: number, size: number, sd: number): CellResiduals[] =>
  Array.from({ length: count }, (_, i) => ({
    memoryMB: 512,
    residuals: Array.from({ length: size }, (_, k) => sd * Math.sqrt(2) * Math.sin(1 + 7 * i + 13 * k)),
  }))
const NO_SPREAD = { variance: 0, spare: 0 }
const noiseFrom = (own: readonly CellResiduals[], others: readonly CellResiduals[] = []): Distribution =>
  noiseOf({ own: poolNoise(own), shared: poolNoise([...own, ...others]), spread: NO_SPREAD })
const spreadOf = (d: Distribution): number => Math.log(quantile(d, 0.95) / quantile(d, 0.5)) / 1.645
const form = (sd: number): FormError => ({ sd, logs: PROBABILITIES.map((p) => sd * normalQuantile(p)) })

test("nothing repeated gives 5 %, few equal repetitions hardly less than 3 %, many believe themselves", () => {
  expect(spreadOf(noiseFrom([]))).toBeCloseTo(0.05, 4)
  expect(spreadOf(noiseFrom(cells(2, 3, 0)))).toBeGreaterThan(0.024)
  expect(spreadOf(noiseFrom(cells(10, 20, 0)))).toBeLessThan(0.012)
  expect(spreadOf(noiseFrom(cells(10, 20, 0)))).toBeGreaterThan(0.003)
})

test("many repetitions show their own spread, one wild sample does not", () => {
  expect(spreadOf(noiseFrom(cells(30, 4, 0.12)))).toBeGreaterThan(0.09)
  expect(spreadOf(noiseFrom(cells(10, 40, 0.12)))).toBeGreaterThan(0.09)
  const wild = [...cells(12, 3, 0.03), { memoryMB: 512, residuals: [0, 0, 2.3] }]
  expect(spreadOf(noiseFrom(wild))).toBeLessThan(0.12)
})

test("another function's noise tells a function without repetitions, not one that has its own", () => {
  const noisy = cells(20, 10, 0.2)
  expect(spreadOf(noiseFrom([], noisy))).toBeGreaterThan(0.12)
  expect(spreadOf(noiseFrom(cells(10, 8, 0.02), noisy))).toBeLessThan(0.08)
  expect(spreadOf(noiseFrom(cells(10, 20, 0.02), noisy))).toBeLessThan(0.06)
})

test("without repetitions the spread around the curve tells the noise", () => {
  const none = poolNoise([])
  const from = (sd: number): number =>
    spreadOf(noiseOf({ own: none, shared: none, spread: { variance: sd ** 2, spare: 12 } }))
  expect(from(0.15)).toBeGreaterThan(0.1)
  expect(from(0.02)).toBeLessThan(0.045)
})

test("the slowest of several is slower at every level, and the error of the form widens it", () => {
  const noise = noiseFrom([])
  for (const p of [0.05, 0.5, 0.95, 0.99]) {
    expect(quantile(slowestFactor(noise, form(0.03), { instances: 8 }), p)).toBeGreaterThan(
      quantile(slowestFactor(noise, form(0.03), { instances: 1 }), p),
    )
  }
  // Strata lose up to 2 % of the deviation.
  expect(spreadOf(slowestFactor(noise, form(0.05), { instances: 1 })) / Math.hypot(0.05, 0.05)).toBeCloseTo(1, 1.4)
  expect(mean(slowestFactor(noise, form(0.03), { instances: 1 }))).toBeCloseTo(1, 2)
})

test("what all instances have in common does not make the slowest of many slower", () => {
  const noise = noiseFrom(cells(20, 4, 0.1))
  const median = (commonShare: number): number =>
    quantile(slowestFactor(noise, form(0.01), { instances: 32, commonShare }), 0.5)
  expect(median(0)).toBeGreaterThan(1.15)
  expect(median(0.75)).toBeLessThan(median(0.25))
  expect(median(1)).toBeCloseTo(1, 2)
  const spread = (commonShare: number): number =>
    spreadOf(slowestFactor(noise, form(0.01), { instances: 32, commonShare }))
  expect(spread(1)).toBeGreaterThan(spread(0))
})

test("unequal tasks slow the slowest of many instances most", () => {
  const noise = noiseFrom([])
  const median = (instances: number, unevenSd: number): number =>
    quantile(slowestFactor(noise, form(0.01), { instances, unevenSd }), 0.5)
  expect(median(1, 0.3)).toBeCloseTo(1, 1)
  expect(median(8, 0.3)).toBeGreaterThan(1.3)
  expect(median(32, 0.3)).toBeGreaterThan(median(8, 0.3))
})

test("a P99 that was measured is kept, with common noise and unequal tasks too", () => {
  // One in fifty takes five times as long: the slope at P95 knows nothing of it.
  const heavy = Array.from({ length: 40 }, (_, i) => ({
    memoryMB: 512,
    residuals: Array.from({ length: 50 }, (_unused, k) => (k === 0 ? 1.6 : 0.02 * Math.sin(1 + 7 * i + 13 * k))),
  }))
  const noise = noiseFrom(heavy)
  const p99 = quantile(noise, 0.99)
  expect(p99).toBeGreaterThan(2)
  const narrow = form(0.01)
  const one = slowestFactor(noise, narrow, { instances: 1, unevenSd: 0.001 })
  expect(quantile(one, 0.99) / p99).toBeCloseTo(1, 0)
  expect(quantile(slowestFactor(noise, narrow, { instances: 4, commonShare: 0.5 }), 0.99)).toBeGreaterThan(2)
})
