import * as fc from "fast-check"
import { expect, test } from "vitest"
import { normalCdf, normalDensity, normalQuantile } from "./normal.ts"

/** Phi by its Taylor series near 0 and by the continued fraction of Mills' ratio in the tails. */
function referenceCdf(z: number): number {
  const y = Math.abs(z)
  if (y < 3) {
    let term = y
    let sum = y
    for (let k = 1; k < 200; k++) sum += term *= (y * y) / (2 * k + 1)
    return 0.5 + Math.sign(z) * sum * normalDensity(y)
  }
  let fraction = 0
  for (let k = 400; k >= 1; k--) fraction = k / (y + fraction)
  const tail = normalDensity(y) / (y + fraction)
  return z < 0 ? tail : 1 - tail
}

test("Phi agrees with its series and continued fraction to 1e-12, relatively in the lower tail", () => {
  for (let z = -12; z <= 8; z += 0.037) {
    const reference = referenceCdf(z)
    expect(Math.abs(normalCdf(z) - reference)).toBeLessThan(1e-14)
    if (z < 0) expect(Math.abs(normalCdf(z) / reference - 1)).toBeLessThan(1e-12)
  }
})

test("the quantile inverts Phi to 1e-12 and is odd around one half", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 0.5, noNaN: true }), (p) => {
      expect(Math.abs(normalCdf(normalQuantile(p)) / p - 1)).toBeLessThan(1e-11)
      if (p > 1e-3) expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 11)
    }),
  )
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12)
  expect(normalQuantile(0.5)).toBeCloseTo(0, 15)
})

test("the ends and what is no probability", () => {
  expect(normalQuantile(0)).toBe(-Infinity)
  expect(normalQuantile(1)).toBe(Infinity)
  expect(normalQuantile(-0.1)).toBeNaN()
  expect(normalQuantile(Number.NaN)).toBeNaN()
  expect(normalCdf(-Infinity)).toBe(0)
  expect(normalCdf(Infinity)).toBe(1)
})
