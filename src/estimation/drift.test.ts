import { expect, test } from "vitest"
import { type Random, seededRandom } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { logNormal } from "../statistics/quantile-table.ts"
import { type DriftState, NO_DRIFT, observe, zScore } from "./drift.ts"

const CV = 0.07
const normal = (random: Random): number => normalQuantile(1e-9 + (1 - 2e-9) * random.next())

/** Observations until the first alarm of a stream of z scores. */
function runLength(next: () => number): DriftState {
  let state = NO_DRIFT
  while (state.epoch === 0) state = observe(state, next())
  return state
}

function meanRunLength(next: () => number, runs: number): number {
  let sum = 0
  for (let i = 0; i < runs; i++) sum += runLength(next).seen
  return sum / runs
}

test("a stationary function rings once per 5,000 samples or more rarely", () => {
  const random = seededRandom(3)
  // 7,800 by 150 runs; run lengths are about exponential: one standard error of 100 runs is 10 %.
  expect(meanRunLength(() => normal(random), 100)).toBeGreaterThan(5000)
})

test("10 % more at a CV of .07 is found within 15 samples on average, up and down", () => {
  const predicted = logNormal(200, CV)
  const random = seededRandom(7)
  for (const factor of [1.1, 1 / 1.1]) {
    const length = meanRunLength(() => zScore(predicted, 200 * factor * Math.exp(CV * normal(random))), 300)
    expect(length).toBeLessThan(15)
    expect(length).toBeGreaterThan(5)
  }
})

test("a spread of twice the sd is found although its centre stays", () => {
  const random = seededRandom(9)
  expect(meanRunLength(() => 2 * normal(random), 100)).toBeLessThan(60)
  let state = NO_DRIFT
  // Every eighth far above P95 and the rest low enough to keep both sums at 0.
  for (let i = 0; i < 100; i++) state = observe(state, i % 8 === 7 ? 2 : -0.3)
  expect(state.last).toMatchObject({ alarm: "wider", from: 0, at: 95 })
})

test("the change is dated where it began, and a second alarm soon after asks for profiling", () => {
  const random = seededRandom(11)
  let state = NO_DRIFT
  for (let i = 0; i < 200; i++) state = observe(state, 0.2 * normal(random))
  while (state.epoch === 0) state = observe(state, 1.5)
  expect(state.last).toMatchObject({ alarm: "slower", from: 200, wantsProfiling: false })
  expect(state.last!.at).toBe(208)
  while (state.epoch === 1) state = observe(state, 1.5)
  expect(state.last!.wantsProfiling).toBe(true)
  for (let i = 0; i < 60; i++) state = observe(state, 0)
  while (state.epoch === 2) state = observe(state, -2)
  expect(state.last).toMatchObject({ alarm: "faster", wantsProfiling: false })
})

test("one wild sample is not a drift", () => {
  expect(observe(observe(NO_DRIFT, 1e9), -Infinity).epoch).toBe(0)
  expect(zScore(logNormal(10, 0), 50)).toBe(3)
  expect(zScore(logNormal(10, 0.1), 0)).toBe(-3)
})
