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
 * Least squares with every coefficient >= 0, exactly: the best feasible one of the 2^size supports (size <= 4 here).
 * Columns that depend on each other are told apart by the ridge 1e-12 alone; callers add equations for their prior.
 */
export function solveNonNegative(sums: NormalEquations): NonNegativeSolution {
  let best: NonNegativeSolution = { coefficients: Array.from({ length: sums.size }, () => 0), loss: sums.square }
  for (let support = (1 << sums.size) - 1; support > 0; support--) {
    const solution = solveSupport(sums, support)
    if (solution !== null && solution.loss < best.loss) best = solution
  }
  return best
}

function solveSupport(sums: NormalEquations, support: number): NonNegativeSolution | null {
  const columns: number[] = []
  for (let i = 0; i < sums.size; i++) if ((support >> i) & 1) columns.push(i)
  const gram = columns.flatMap((i) => columns.map((j) => sums.gram[i * sums.size + j]!))
  const moment = columns.map((i) => sums.moment[i]!)
  const solved = solveSymmetric(gram, moment, 1e-12)
  if (solved === null || solved.some((value) => !(value >= 0))) return null
  const coefficients = Array.from({ length: sums.size }, () => 0)
  let loss = sums.square
  for (const [k, i] of columns.entries()) {
    coefficients[i] = solved[k]!
    // ||y - Xc||^2 = y'y - c'X'y at the minimum over the support.
    loss -= solved[k]! * moment[k]!
  }
  return { coefficients, loss: Math.max(0, loss) }
}
