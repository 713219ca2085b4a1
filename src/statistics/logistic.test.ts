import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { fitLogistic, logisticInverse } from "./logistic.ts"

const WEAK = { slope: { mean: 0, sd: 100 }, interceptSd: 100 }

test("half of the outcomes at one place: its probability is a half there, and the slope stays what was expected", () => {
  const both = [true, false, true, false].map((happened) => ({ x: 2, happened }))
  const fit = fitLogistic(both, { slope: { mean: -3, sd: 1 }, interceptSd: 10 })
  expect(fit.slope).toBeCloseTo(-3, 9)
  expect(logisticInverse(fit, 0.5)).toBeCloseTo(2, 9)
})

test("finds the law behind many outcomes", () => {
  const random = seededRandom(2)
  const observations = Array.from({ length: 4000 }, () => {
    const x = 4 * random.next()
    return { x, happened: random.next() < 1 / (1 + Math.exp(3 * (x - 1.5))) }
  })
  const fit = fitLogistic(observations, WEAK)
  // Standard errors of 4,000 outcomes: 0.03 of the place, 0.12 of the slope; three of them.
  expect(Math.abs(logisticInverse(fit, 0.5) - 1.5)).toBeLessThan(0.09)
  expect(Math.abs(fit.slope + 3)).toBeLessThan(0.36)
})

test("outcomes that separate give a finite law, steep and between them", () => {
  const observations = [1, 2, 3, 4].map((x) => ({ x, happened: x < 2.5 }))
  const fit = fitLogistic(observations, { slope: { mean: -5, sd: 5 }, interceptSd: 10 })
  expect(Number.isFinite(fit.slope)).toBe(true)
  expect(logisticInverse(fit, 0.5)).toBeGreaterThan(2)
  expect(logisticInverse(fit, 0.5)).toBeLessThan(3)
})
