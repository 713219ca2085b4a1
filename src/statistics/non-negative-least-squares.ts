import { solveSymmetric } from "./linear-solve.ts"

/** The sums that least squares needs of `rows`: X'WX, X'Wy and y'Wy. */
export interface NormalEquations {
  readonly size: number
  readonly gram: Float64Array
  readonly moment: Float64Array
  square: number
}

export function normalEquations(size: number): NormalEquations {
  return { size, gram: new Float64Array(size * size), moment: new Float64Array(size), square: 0 }
}

/** Adds the equation `row . c = target` with the given weight on its squared residual. */
export function addEquation(
  sums: NormalEquations,
  row: ArrayLike<number>,
  equation: { readonly target: number; readonly weight: number },
): void {
  const { size, gram, moment } = sums
  const { target, weight } = equation
  for (let i = 0; i < size; i++) {
    const scaled = row[i]! * weight
    moment[i]! += scaled * target
    for (let j = 0; j < size; j++) gram[i * size + j]! += scaled * row[j]!
  }
  sums.square += weight * target * target
}

export interface NonNegativeSolution {
  readonly coefficients: readonly number[]
  /** Weighted sum of squared residuals. */
  readonly loss: number
}

/**
 * Least squares with every coefficient >= 0, exactly: the best feasible one of all supports (size <= 4 here), or the
 * unconstrained answer where that is feasible. Columns of zeros get 0. Columns that depend on each other are told apart
 * by the ridge 1e-12 alone; callers add equations for their prior.
 */
export function solveNonNegative(sums: NormalEquations): NonNegativeSolution {
  const { size, gram } = sums
  let live = 0
  for (let i = 0; i < size; i++) if (gram[i * size + i]! > 0) live |= 1 << i
  let best: NonNegativeSolution = { coefficients: Array.from({ length: size }, () => 0), loss: sums.square }
  // All proper subsets of the columns that are not zero, the whole first.
  for (let support = live; support > 0; support = (support - 1) & live) {
    const solution = solveSupport(sums, support)
    if (solution === null) continue
    if (support === live) return solution
    if (solution.loss < best.loss) best = solution
  }
  return best
}

function solveSupport(sums: NormalEquations, support: number): NonNegativeSolution | null {
  const { size } = sums
  const columns: number[] = []
  for (let i = 0; i < size; i++) if ((support >> i) & 1) columns.push(i)
  const count = columns.length
  const gram = new Float64Array(count * count)
  const moment = new Float64Array(count)
  for (let a = 0; a < count; a++) {
    moment[a] = sums.moment[columns[a]!]!
    for (let b = 0; b < count; b++) gram[a * count + b] = sums.gram[columns[a]! * size + columns[b]!]!
  }
  const solved = solveSymmetric(gram, moment, 1e-12)
  if (solved === null) return null
  const coefficients = Array.from({ length: size }, () => 0)
  let loss = sums.square
  for (let a = 0; a < count; a++) {
    if (!(solved[a]! >= 0)) return null
    coefficients[columns[a]!] = solved[a]!
    // ||y - Xc||^2 = y'y - c'X'y at the minimum over the support.
    loss -= solved[a]! * moment[a]!
  }
  return { coefficients, loss: Math.max(0, loss) }
}
