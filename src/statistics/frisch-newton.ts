import { solveSymmetric } from "./linear-solve.ts"

/** Rows of predictors in one array, row-major, and the targets. */
export interface Design {
  readonly x: Float64Array
  readonly targets: Float64Array
  readonly width: number
}

export interface FrischNewtonOptions {
  /** Share of the largest step that keeps everything positive. */
  readonly stepShare?: number
  readonly maxIterations?: number
}

export interface FrischNewtonResult {
  readonly coefficients: Float64Array
  readonly converged: boolean
  readonly iterations: number
}

const MAX_ITERATIONS = 60
/** 0.9995, which linear programs often take, stalls at tau 0.99 and 10,000 rows. */
const STEP_SHARE = 0.97
/** Relative to the loss; the second part, relative to the sum of |Y|, ends problems whose loss is zero. */
const GAP = 1e-9
const ABSOLUTE_GAP = 1e-14

interface State {
  readonly design: Design
  readonly a: Float64Array
  readonly slack: Float64Array
  readonly y: Float64Array
  readonly z: Float64Array
  readonly w: Float64Array
}

/** What one iteration computes, allocated once. */
interface Scratch {
  readonly weight: Float64Array
  readonly rho: Float64Array
  readonly predictor: Direction
  readonly corrector: Direction
  readonly gram: Float64Array
  readonly moment: Float64Array
}

interface Direction {
  readonly dy: Float64Array
  readonly da: Float64Array
  readonly dz: Float64Array
  readonly dw: Float64Array
}

/**
 * The Frisch-Newton interior point of Portnoy and Koenker (1997) for quantile regression, as a predictor-corrector on
 * the dual: a in [0, 1] with X'a = (1 - tau) X'1. Ends at a duality gap of 1e-9 of the loss or after 60 iterations,
 * then with the best coefficients seen and `converged: false`. O(rows * width^2) an iteration.
 */
export function frischNewton(design: Design, tau: number, options: FrischNewtonOptions = {}): FrischNewtonResult {
  const { stepShare = STEP_SHARE, maxIterations = MAX_ITERATIONS } = options
  const scratch = scratchFor(design)
  const state = startState(design, tau, scratch)
  const columnSums = sumColumns(design)
  const floor = ABSOLUTE_GAP * design.targets.reduce((sum, target) => sum + Math.abs(target), 0)
  const best = Float64Array.from(state.y)
  let bestGap = Infinity
  let converged = false
  let iterations = 0
  for (; iterations < maxIterations; iterations++) {
    const gap = dualityGap(state, columnSums, tau)
    if (!Number.isFinite(gap)) break
    if (gap < bestGap) {
      bestGap = gap
      best.set(state.y)
    }
    if (gap <= GAP * primalLoss(state, tau) + floor) {
      converged = true
      break
    }
    if (!advance(state, scratch, stepShare)) break
  }
  return { coefficients: best.map((value) => -value), converged, iterations }
}

function scratchFor({ targets, width }: Design): Scratch {
  const count = targets.length
  const direction = (): Direction => ({
    dy: new Float64Array(width),
    da: new Float64Array(count),
    dz: new Float64Array(count),
    dw: new Float64Array(count),
  })
  return {
    weight: new Float64Array(count),
    rho: new Float64Array(count),
    predictor: direction(),
    corrector: direction(),
    gram: new Float64Array(width * width),
    moment: new Float64Array(width),
  }
}

function startState(design: Design, tau: number, scratch: Scratch): State {
  const { targets, width } = design
  const count = targets.length
  scratch.weight.fill(1)
  for (let i = 0; i < count; i++) scratch.rho[i] = -targets[i]!
  const y = solveWeighted(design, scratch) ?? new Float64Array(width)
  const z = new Float64Array(count)
  const w = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const residual = -targets[i]! - rowDot(design, i, y)
    z[i] = Math.max(residual, 0) + 1e-12
    w[i] = Math.max(-residual, 0) + 1e-12
  }
  const a = new Float64Array(count).fill(1 - tau)
  return { design, a, slack: new Float64Array(count).fill(tau), y, z, w }
}

function sumColumns({ x, width }: Design): Float64Array {
  const sums = new Float64Array(width)
  for (let at = 0; at < x.length; at++) sums[at % width]! += x[at]!
  return sums
}

function dualityGap({ a, w, y, design }: State, columnSums: Float64Array, tau: number): number {
  let gap = 0
  for (let i = 0; i < a.length; i++) gap += w[i]! - design.targets[i]! * a[i]!
  for (let j = 0; j < y.length; j++) gap -= (1 - tau) * y[j]! * columnSums[j]!
  return gap
}

/** The pinball loss at z - w = -residual. */
function primalLoss({ z, w }: State, tau: number): number {
  let loss = 0
  for (let i = 0; i < z.length; i++) loss += tau * w[i]! + (1 - tau) * z[i]!
  return loss
}

/** One predictor-corrector step, in place. False when the normal equations cannot be solved. */
function advance(state: State, scratch: Scratch, stepShare: number): boolean {
  const { a, slack, y, z, w } = state
  const { weight, rho, predictor, corrector } = scratch
  const count = a.length
  for (let i = 0; i < count; i++) {
    weight[i] = 1 / (z[i]! / a[i]! + w[i]! / slack[i]!)
    rho[i] = z[i]! - w[i]!
  }
  if (!predict(state, scratch)) return false
  let chosen = predictor
  let primal = primalStep(state, predictor, stepShare)
  let dual = dualStep(state, predictor, stepShare)
  if (Math.min(primal, dual) < 1) {
    const mu = complementarity(state, predictor, 0, 0)
    const after = complementarity(state, predictor, primal, dual)
    if (correct(state, scratch, (mu * (after / mu) ** 3) / (2 * count))) {
      chosen = corrector
      primal = primalStep(state, corrector, stepShare)
      dual = dualStep(state, corrector, stepShare)
    }
  }
  const { dy, da, dz, dw } = chosen
  for (let i = 0; i < count; i++) {
    a[i]! += primal * da[i]!
    slack[i]! -= primal * da[i]!
    z[i]! += dual * dz[i]!
    w[i]! += dual * dw[i]!
  }
  for (let j = 0; j < y.length; j++) y[j]! += dual * dy[j]!
  return true
}

function predict(state: State, scratch: Scratch): boolean {
  const { design, a, slack, z, w } = state
  const { weight, rho, predictor } = scratch
  const dy = solveWeighted(design, scratch)
  if (dy === null) return false
  predictor.dy.set(dy)
  const { da, dz, dw } = predictor
  for (let i = 0; i < a.length; i++) {
    const along = weight[i]! * (rowDot(design, i, dy) - rho[i]!)
    da[i] = along
    dz[i] = -z[i]! * (1 + along / a[i]!)
    dw[i] = -w[i]! * (1 - along / slack[i]!)
  }
  return true
}

/** Aims at complementarity mu and undoes the predictor's second order. */
function correct(state: State, scratch: Scratch, mu: number): boolean {
  const { design, a, slack, z, w } = state
  const { weight, rho, predictor: p, corrector } = scratch
  for (let i = 0; i < a.length; i++) {
    const second = (p.da[i]! * p.dz[i]!) / a[i]! + (p.da[i]! * p.dw[i]!) / slack[i]!
    rho[i]! += second - mu * (1 / a[i]! - 1 / slack[i]!)
  }
  const dy = solveWeighted(design, scratch)
  if (dy === null) return false
  corrector.dy.set(dy)
  const { da, dz, dw } = corrector
  for (let i = 0; i < a.length; i++) {
    const along = weight[i]! * (rowDot(design, i, dy) - rho[i]!)
    da[i] = along
    dz[i] = (mu - z[i]! * along - p.da[i]! * p.dz[i]!) / a[i]! - z[i]!
    dw[i] = (mu + w[i]! * along + p.da[i]! * p.dw[i]!) / slack[i]! - w[i]!
  }
  return true
}

function primalStep({ a, slack }: State, { da }: Direction, share: number): number {
  let step = Infinity
  for (let i = 0; i < da.length; i++) {
    if (da[i]! < 0) step = Math.min(step, -a[i]! / da[i]!)
    else if (da[i]! > 0) step = Math.min(step, slack[i]! / da[i]!)
  }
  return Math.min(1, share * step)
}

function dualStep({ z, w }: State, { dz, dw }: Direction, share: number): number {
  let step = Infinity
  for (let i = 0; i < dz.length; i++) {
    if (dz[i]! < 0) step = Math.min(step, -z[i]! / dz[i]!)
    if (dw[i]! < 0) step = Math.min(step, -w[i]! / dw[i]!)
  }
  return Math.min(1, share * step)
}

/** z'a + w'slack after the given steps. */
function complementarity(state: State, { da, dz, dw }: Direction, primal: number, dual: number): number {
  const { a, slack, z, w } = state
  let sum = 0
  for (let i = 0; i < da.length; i++) {
    const moved = primal * da[i]!
    sum += (z[i]! + dual * dz[i]!) * (a[i]! + moved) + (w[i]! + dual * dw[i]!) * (slack[i]! - moved)
  }
  return sum
}

/** Least squares of rho on the columns of x, weighted. */
function solveWeighted({ x, width }: Design, { weight, rho, gram, moment }: Scratch): Float64Array | null {
  gram.fill(0)
  moment.fill(0)
  for (let i = 0, at = 0; i < rho.length; i++, at += width) {
    for (let j = 0; j < width; j++) {
      const scaled = weight[i]! * x[at + j]!
      moment[j]! += scaled * rho[i]!
      for (let k = 0; k <= j; k++) gram[j * width + k]! += scaled * x[at + k]!
    }
  }
  return solveSymmetric(gram, moment, 1e-14) ?? solveSymmetric(gram, moment, 1e-9)
}

function rowDot({ x, width }: Design, row: number, y: Float64Array): number {
  let sum = 0
  for (let j = 0, at = row * width; j < width; j++) sum += x[at + j]! * y[j]!
  return sum
}
