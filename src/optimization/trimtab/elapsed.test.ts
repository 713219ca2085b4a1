import { expect, test } from "vitest"
import { expectedRest } from "./elapsed.ts"

const time = { medianMs: 1000, percentileMs: 1164.485, percentile: 0.95 }

test("before it could end a step takes its median, less what has elapsed", () => {
  expect(expectedRest(time, 0)).toBeCloseTo(1000, 6)
  expect(expectedRest(time, 500)).toBeCloseTo(500, 3)
})

test("at its median half of the rest is the upper quartile, 0.6745 standard deviations of 100 ms", () => {
  expect(expectedRest(time, 1000)).toBeCloseTo(67.449, 2)
})

test("the rest shrinks as time goes by, never to nothing, and without a jump where the tail begins", () => {
  let last = Infinity
  for (let elapsed = 0; elapsed <= 3000; elapsed += 10) {
    const rest = expectedRest(time, elapsed)
    expect(rest).toBeGreaterThan(0)
    expect(rest).toBeLessThan(last)
    // A tenth of a standard deviation on, the rest shrinks by some percent at most.
    if (elapsed > 1000) expect(rest).toBeGreaterThan(last * 0.93)
    last = rest
  }
})

test("without any spread it ends at its median", () => {
  expect(expectedRest({ ...time, percentileMs: 1000 }, 400)).toBe(600)
  expect(expectedRest({ ...time, percentileMs: 1000 }, 1400)).toBe(0)
  expect(expectedRest({ ...time, percentile: 0.5 }, 400)).toBe(600)
})
