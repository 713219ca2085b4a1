import type { Random } from "../base/random.ts"
import { solveSymmetric } from "./linear-solve.ts"
import { dot } from "./dot.ts"

/** Residuals to be made small in squares, with a box around the parameters. */
export interface LeastSquaresProblem {
  /** Count of residuals. */
  readonly size: number
  /** Writes the residuals at `theta` into `out`; relative ones (f/y - 1) where values differ by orders of magnitude. */
  readonly residuals: (theta: ArrayLike<number>, out: Float64Array) => void
  readonly lower: readonly number[]
  readonly upper: readonly number[]
}

export interface LeastSquaresFit {
  readonly theta: readonly number[]
  /** Sum of squared residuals. */
  readonly loss: number
  readonly iterations: number
}

const MAX_ITERATIONS = 200
const MAX_TRIES = 12
/** Marquardt scaling never divides by less than this share of the largest diagonal entry. */
const DIAGONAL_FLOOR = 1e-12

/**
 * Levenberg-Marquardt from one start: numeric Jacobian, damping lambda * diag(J'J), clamped to the box after each
 * step; parameters at a bound that pull outwards are held. Ends when the loss falls by less than 1e-10 of itself, or
 * after 200 iterations. NaN residuals count as no improvement, so the best point so far is returned, never NaN.
 */
export function levenbergMarquardt(problem: LeastSquaresProblem, start: readonly number[]): LeastSquaresFit {
  let theta = clamp(problem, Float64Array.from(start))
  let residuals = new Float64Array(problem.size)
  problem.residuals(theta, residuals)
  let loss = sumOfSquares(residuals)
  let lambda = 1e-3
  let iterations = 0
  while (iterations < MAX_ITERATIONS && loss > 0) {
    iterations++
    const system = linearise(problem, theta, residuals)
    const next = improve(problem, { theta, loss, lambda, system })
    if (next === null) break
    const fall = loss - next.loss
    theta = next.theta
    residuals = next.residuals
    lambda = next.lambda / 5
    loss = next.loss
    if (fall < 1e-10 * (loss + fall)) break
  }
  return { theta: [...theta], loss, iterations }
}

/** One start per parameter vector that `draw` makes; the best fit wins. The same stream gives the same answer. */
export function multiStart(
  problem: LeastSquaresProblem,
  options: { readonly starts: number; readonly random: Random; readonly draw: (random: Random) => readonly number[] },
): LeastSquaresFit {
  let best: LeastSquaresFit | null = null
  for (let i = 0; i < options.starts; i++) {
    const fit = levenbergMarquardt(problem, options.draw(options.random))
    if (best === null || fit.loss < best.loss) best = fit
  }
  if (best === null) throw new Error("multiStart needs at least one start")
  return best
}

/** A number between `low` and `high`, uniform in its logarithm. Both must be positive. */
export function logUniform(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.next()
}

interface Linearised {
  readonly free: readonly number[]
  /** J'J and -J'r over the free parameters. */
  readonly normal: Float64Array
  readonly descent: Float64Array
}

/** Forward-difference Jacobian with step 1e-6 max(1e-3, |theta|), turned inwards at an upper bound. */
function linearise(problem: LeastSquaresProblem, theta: Float64Array, residuals: Float64Array): Linearised {
  const columns = [...theta.keys()].map((j) => {
    const size = 1e-6 * Math.max(1e-3, Math.abs(theta[j]!))
    const step = theta[j]! + size > problem.upper[j]! ? -size : size
    const moved = Float64Array.from(theta)
    moved[j]! += step
    const out = new Float64Array(problem.size)
    problem.residuals(moved, out)
    for (let i = 0; i < out.length; i++) out[i] = (out[i]! - residuals[i]!) / step
    return out
  })
  const gradient = columns.map((column) => dot(column, residuals))
  const free = [...theta.keys()].filter(
    (j) =>
      problem.upper[j]! > problem.lower[j]! &&
      !(theta[j]! <= problem.lower[j]! && gradient[j]! >= 0) &&
      !(theta[j]! >= problem.upper[j]! && gradient[j]! <= 0),
  )
  const normal = Float64Array.from(free.flatMap((i) => free.map((j) => dot(columns[i]!, columns[j]!))))
  return { free, normal, descent: Float64Array.from(free, (j) => -gradient[j]!) }
}

interface Improved {
  readonly theta: Float64Array
  readonly residuals: Float64Array<ArrayBuffer>
  readonly loss: number
  readonly lambda: number
}

/** Raises the damping until a step lowers the loss; null after 12 tries. */
function improve(
  problem: LeastSquaresProblem,
  at: { readonly theta: Float64Array; readonly loss: number; readonly lambda: number; readonly system: Linearised },
): Improved | null {
  const { free, normal, descent } = at.system
  const size = free.length
  if (size === 0) return null
  let largest = 0
  for (let i = 0; i < size; i++) largest = Math.max(largest, normal[i * size + i]!)
  let lambda = at.lambda
  for (let attempt = 0; attempt < MAX_TRIES; attempt++, lambda *= 4) {
    const damped = Float64Array.from(normal)
    for (let i = 0; i < size; i++)
      damped[i * size + i]! += lambda * Math.max(normal[i * size + i]!, DIAGONAL_FLOOR * largest)
    const step = solveSymmetric(damped, descent)
    if (step === null) continue
    const theta = Float64Array.from(at.theta)
    for (const [k, j] of free.entries()) theta[j]! += step[k]!
    clamp(problem, theta)
    const residuals = new Float64Array(problem.size)
    problem.residuals(theta, residuals)
    const loss = sumOfSquares(residuals)
    if (loss < at.loss) return { theta, residuals, loss, lambda }
  }
  return null
}

function clamp(problem: LeastSquaresProblem, theta: Float64Array): Float64Array {
  for (let j = 0; j < theta.length; j++) {
    theta[j] = Math.min(problem.upper[j]!, Math.max(problem.lower[j]!, theta[j]!))
  }
  return theta
}

function sumOfSquares(values: Float64Array): number {
  const sum = dot(values, values)
  return Number.isNaN(sum) ? Infinity : sum
}
