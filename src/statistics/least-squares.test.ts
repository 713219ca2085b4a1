import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { isotonic } from "./isotonic.ts"
import { type LeastSquaresProblem, levenbergMarquardt, logUniform, multiStart } from "./least-squares.ts"
import { addEquation, normalEquations, solveNonNegative } from "./non-negative-least-squares.ts"

/** y = a exp(-b x) + c on relative residuals. */
function decay(truth: readonly [number, number, number]): LeastSquaresProblem {
  const xs = Array.from({ length: 12 }, (_, i) => i / 2)
  const f = (theta: ArrayLike<number>, x: number): number => theta[0]! * Math.exp(-theta[1]! * x) + theta[2]!
  return {
    size: xs.length,
    residuals: (theta, out) => xs.forEach((x, i) => (out[i] = f(theta, x) / f(truth, x) - 1)),
    lower: [0, 0, 0],
    upper: [1e4, 10, 1e4],
  }
}

describe("levenbergMarquardt", () => {
  test("recovers parameters of different orders of magnitude from noise-free data", () => {
    const fit = levenbergMarquardt(decay([900, 0.7, 20]), [100, 0.1, 1])
    expect(fit.theta[0]).toBeCloseTo(900, 4)
    expect(fit.theta[1]).toBeCloseTo(0.7, 6)
    expect(fit.theta[2]).toBeCloseTo(20, 5)
  })

  test("stops at the box when the optimum lies outside", () => {
    const problem = { ...decay([900, 0.7, 20]), upper: [500, 10, 1e4] }
    const fit = levenbergMarquardt(problem, [100, 0.1, 1])
    expect(fit.theta[0]).toBe(500)
    expect(fit.loss).toBeGreaterThan(0)
  })

  test("a region of NaN is left alone and never returned", () => {
    const problem: LeastSquaresProblem = {
      size: 1,
      residuals: (theta, out) => (out[0] = Math.sqrt(theta[0]!) - 0.1),
      lower: [-1],
      upper: [10],
    }
    const fit = levenbergMarquardt(problem, [4])
    expect(fit.theta[0]).toBeCloseTo(0.01, 6)
  })

  test("many starts from one seed give one answer, from a bad region too", () => {
    const draw = (random: { next(): number }): number[] => [
      logUniform(random, 1e-3, 1e4),
      logUniform(random, 1e-3, 10),
      logUniform(random, 1e-3, 1e3),
    ]
    const run = (): readonly number[] =>
      multiStart(decay([900, 0.7, 20]), { starts: 10, random: seededRandom(7), draw }).theta
    expect(run()).toEqual(run())
    expect(run()[1]).toBeCloseTo(0.7, 6)
  })
})

/** Residuals of `f` at xs relative to ys. */
function relative(
  f: (theta: ArrayLike<number>, x: number) => number,
  data: { readonly xs: readonly number[]; readonly ys: readonly number[] },
  box: { readonly lower: readonly number[]; readonly upper: readonly number[] },
): LeastSquaresProblem {
  const { xs, ys } = data
  return {
    size: xs.length,
    residuals: (theta, out) => xs.forEach((x, i) => (out[i] = f(theta, x) / ys[i]! - 1)),
    ...box,
  }
}

/** Problems with the answers of scipy 1.17 `least_squares` (trf, all tolerances 1e-15), loss as the sum of squares. */
const STORED = [
  {
    name: "hyperbola",
    problem: relative(
      (theta, x) => theta[0]! / (x + theta[1]!) + theta[2]!,
      { xs: [1, 2, 3, 4, 5, 6, 7, 8], ys: [12.1, 7.9, 6.2, 5.4, 5.0, 4.6, 4.5, 4.3] },
      { lower: [0, 0, 0], upper: [1e3, 10, 1e3] },
    ),
    start: [5, 1, 1],
    theta: [9.7620344, 0.075180493, 3.0646193],
    loss: 0.00089058987,
  },
  {
    name: "decay",
    problem: relative(
      (theta, x) => theta[0]! * Math.exp(-theta[1]! * x) + theta[2]!,
      {
        xs: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5],
        ys: [10.2, 8.1, 6.9, 5.5, 4.9, 4.0, 3.6, 3.1, 2.9, 2.6],
      },
      { lower: [0, 0, 0], upper: [1e3, 10, 1e3] },
    ),
    start: [5, 1, 1],
    theta: [8.3276638, 0.52123918, 1.8147615],
    loss: 0.0033351892,
  },
  {
    name: "banana valley",
    problem: {
      size: 2,
      residuals: (theta: ArrayLike<number>, out: Float64Array): void => {
        out[0] = 10 * (theta[1]! - theta[0]! ** 2)
        out[1] = 1 - theta[0]!
      },
      lower: [-5, -5],
      upper: [5, 5],
    },
    start: [-1.2, 1],
    theta: [1, 1],
    loss: 0,
  },
  {
    name: "power law",
    problem: relative(
      (theta, x) => theta[0]! * x ** -theta[1]! + theta[2]!,
      { xs: [0.0833, 0.1667, 0.25, 0.5, 1, 2, 4], ys: [620, 330, 226, 118, 66, 41, 27] },
      { lower: [0, 0.1, 0], upper: [1e4, 3, 1e4] },
    ),
    start: [10, 1, 1],
    theta: [53.704451, 0.98129869, 13.279508],
    loss: 0.0011783665,
  },
  {
    name: "scalability",
    problem: relative(
      (theta, k) => k / (1 + theta[0]! * (k - 1) + theta[1]! * k * (k - 1)),
      { xs: [1, 2, 3, 4, 6, 8, 12, 16], ys: [1.0, 1.85, 2.61, 3.2, 4.3, 4.95, 5.7, 5.9] },
      { lower: [0, 0], upper: [1, 1] },
    ),
    start: [0.1, 0.01],
    theta: [0.064488709, 0.0030501373],
    loss: 0.00058073652,
  },
] as const

test.each(STORED)("the answer of scipy, to four digits: $name", ({ problem, start, theta, loss }) => {
  const fit = levenbergMarquardt(problem, start)
  for (const [j, value] of theta.entries()) expect(Math.abs(fit.theta[j]! / value - 1)).toBeLessThan(5e-5)
  expect(fit.loss).toBeCloseTo(loss, 8)
})

describe("solveNonNegative", () => {
  test("is least squares where that is positive, and drops a column that would be negative", () => {
    const sums = normalEquations(2)
    for (const [x, y] of [
      [1, 5],
      [2, 7],
      [3, 9],
    ] as const)
      addEquation(sums, [1, x], { target: y, weight: 1 })
    const plain = solveNonNegative(sums)
    expect(plain.coefficients[0]).toBeCloseTo(3, 8)
    expect(plain.coefficients[1]).toBeCloseTo(2, 8)
    const falling = normalEquations(2)
    for (const [x, y] of [
      [1, 3],
      [2, 2],
      [3, 1],
    ] as const)
      addEquation(falling, [1, x], { target: y, weight: 1 })
    expect(solveNonNegative(falling).coefficients).toEqual([expect.closeTo(2, 9), 0])
  })

  test("nothing to fit gives zeros", () => {
    expect(solveNonNegative(normalEquations(3)).coefficients).toEqual([0, 0, 0])
  })
})

describe("isotonic", () => {
  test("pools violators by their weighted mean and keeps what is in order", () => {
    expect(isotonic([1, 3, 2, 4])).toEqual([1, 2.5, 2.5, 4])
    expect(isotonic([3, 1], [3, 1])).toEqual([2.5, 2.5])
    expect(isotonic([5, 4, 3])).toEqual([4, 4, 4])
    expect(isotonic([])).toEqual([])
  })
})
