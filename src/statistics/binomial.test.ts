import { expect, test } from "vitest"
import { atLeastShare, clopperPearson, incompleteBeta } from "./binomial.ts"

test("the incomplete beta function agrees with closed forms", () => {
  for (const x of [0.001, 0.2, 0.5, 0.93]) {
    expect(incompleteBeta(x, 1, 1)).toBeCloseTo(x, 12)
    expect(incompleteBeta(x, 3, 1)).toBeCloseTo(x ** 3, 12)
    expect(incompleteBeta(x, 1, 40)).toBeCloseTo(1 - (1 - x) ** 40, 12)
    expect(incompleteBeta(x, 2, 2)).toBeCloseTo(3 * x ** 2 - 2 * x ** 3, 12)
    expect(incompleteBeta(x, 700, 31) + incompleteBeta(1 - x, 31, 700)).toBeCloseTo(1, 12)
  }
})

test("Clopper and Pearson's ends solve the binomial tails", () => {
  // P(X >= 18 | 20, low) = P(X <= 18 | 20, high) = .025, summed directly.
  const { low, high } = clopperPearson(18, 20, 0.95)
  const pmf = (k: number, p: number): number => {
    let choose = 1
    for (let i = 0; i < k; i++) choose *= (20 - i) / (i + 1)
    return choose * p ** k * (1 - p) ** (20 - k)
  }
  const sum = (from: number, to: number, p: number): number => {
    let total = 0
    for (let k = from; k <= to; k++) total += pmf(k, p)
    return total
  }
  expect(sum(18, 20, low)).toBeCloseTo(0.025, 9)
  expect(sum(0, 18, high)).toBeCloseTo(0.025, 9)
})

test("100 misses in 2,000 prove 94.1 %, and nothing proves nothing", () => {
  expect(atLeastShare(1900, 2000, 0.95)).toBeCloseTo(0.9412, 3)
  expect(clopperPearson(0, 0, 0.95)).toEqual({ low: 0, high: 1 })
  expect(clopperPearson(0, 10, 0.95).low).toBe(0)
  expect(clopperPearson(10, 10, 0.95).high).toBe(1)
})
