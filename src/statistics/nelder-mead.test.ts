import { expect, test } from "vitest"
import { nelderMead } from "./nelder-mead.ts"

test("the minimum of Rosenbrock's valley is found", () => {
  const valley = ([x, y]: readonly number[]): number => (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2
  const { at, value } = nelderMead(valley, [-1.2, 1], { steps: [0.5, 0.5], tolerance: 1e-12 })
  expect(value).toBeLessThan(1e-8)
  expect(at[0]).toBeCloseTo(1, 3)
})

test("a minimum on the edge of the domain is approached, and never worse than the start", () => {
  const f = ([x]: readonly number[]): number => (x! < 1 ? Infinity : x!)
  const { at, value } = nelderMead(f, [5], { steps: [1] })
  expect(at[0]).toBeCloseTo(1, 6)
  expect(value).toBeLessThanOrEqual(5)
  expect(nelderMead(() => Number.NaN, [3], { steps: [1], iterations: 5 }).at).toHaveLength(1)
})
