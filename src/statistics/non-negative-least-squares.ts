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
 * Least squares with every coefficient >= 0, exactly. The unconstrained answer where that is feasible; else that on its
 * positive columns where no other column would help (Kuhn-Tucker); else the best feasible one of all supports (size <= 4
 * here). Columns of zeros get 0. Columns that depend on each other are told apart by the ridge 1e-12 alone; callers add
 * equations for their prior.
 */
export function solveNonNegative(sums: NormalEquations): NonNegativeSolution {
  const { size, gram } = sums
  const solution = new Float64Array(size)
  let live = 0
  for (let i = 0; i < size; i++) if (gram[i * size + i]! > 0) live |= 1 << i
  let support = live
  // Each round drops the columns that came out negative.
  while (support > 0 && solveSupport(sums, support, solution)) {
    const positive = positiveColumns(solution, support)
    if (positive === support) {
      if (support === live || isOptimal(sums, solution, live & ~support)) return withLoss(sums, solution)
      break
    }
    support = positive
  }
  return bestSupport(sums, live)
}

function bestSupport(sums: NormalEquations, live: number): NonNegativeSolution {
  const solution = new Float64Array(sums.size)
  let best = withLoss(sums, solution)
  for (let support = live; support > 0; support = (support - 1) & live) {
    if (!solveSupport(sums, support, solution) || positiveColumns(solution, support) !== support) continue
    const candidate = withLoss(sums, solution)
    if (candidate.loss < best.loss) best = candidate
  }
  return best
}

function positiveColumns(solution: Float64Array, support: number): number {
  let positive = 0
  for (let i = 0; i < solution.length; i++) if ((support >> i) & 1 && solution[i]! >= 0) positive |= 1 << i
  return positive
}

/** No column left out would lower the loss: its moment with the residual is not positive. */
function isOptimal({ size, gram, moment }: NormalEquations, solution: Float64Array, outside: number): boolean {
  for (let i = 0; i < size; i++) {
    if (!((outside >> i) & 1)) continue
    let slope = moment[i]!
    for (let j = 0; j < size; j++) slope -= gram[i * size + j]! * solution[j]!
    if (slope > 1e-12 * Math.abs(moment[i]!)) return false
  }
  return true
}

/** ||y - Xc||^2 = y'y - c'X'y at the minimum over a support. */
function withLoss({ moment, square }: NormalEquations, solution: Float64Array): NonNegativeSolution {
  let loss = square
  for (let i = 0; i < solution.length; i++) loss -= solution[i]! * moment[i]!
  return { coefficients: [...solution], loss: Math.max(0, loss) }
}

/** Unconstrained on the columns of `support`, 0 elsewhere, written into `solution`; false when it is singular. */
function solveSupport({ size, gram, moment }: NormalEquations, support: number, solution: Float64Array): boolean {
  solution.fill(0)
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    if (!((support >> i) & 1)) continue
    let right = moment[i]!
    for (let j = 0; j <= i; j++) {
      if (!((support >> j) & 1)) continue
      let sum = gram[i * size + j]! * (i === j ? 1 + RIDGE : 1)
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum)
      else return false
    }
    for (let k = 0; k < i; k++) right -= lower[i * size + k]! * solution[k]!
    solution[i] = right / lower[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    if (!((support >> i) & 1)) continue
    for (let k = i + 1; k < size; k++) solution[i]! -= lower[k * size + i]! * solution[k]!
    solution[i]! /= lower[i * size + i]!
  }
  return true
}

const RIDGE = 1e-12
