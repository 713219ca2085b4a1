import { levenbergMarquardt } from "../statistics/least-squares.ts"
import { addEquation, normalEquations, solveNonNegative } from "../statistics/non-negative-least-squares.ts"
import { median } from "../statistics/order-statistics.ts"
import type { Cell } from "./cells.ts"
import {
  computeColumns,
  type ComputeParameters,
  type ComputeShape,
  type CoreGrant,
  maxCoherence,
  type PhaseLength,
  type ThreadKind,
  vcpus,
} from "./compute-model.ts"

export interface ComputeFitOptions {
  readonly kind: ThreadKind
  /** Of the platform; the function's own is learned from four memories on. */
  readonly mbPerVcpu: number
  /** Largest memory of the platform, MB: time must fall up to there. */
  readonly maxMemoryMB: number
  /** Time goes as u^-e below one vCPU; 1 where absent. */
  readonly exponent?: number
  readonly cores?: CoreGrant
  /** vCPUs that one process can use; unlimited where absent. */
  readonly mostVcpus?: number
  readonly phases?: PhaseLength
  /** Lifts the bound on kappa: more memory may be slower. */
  readonly mayPeak?: boolean
}

export interface ComputeFit {
  readonly parameters: ComputeParameters
  /** CPU work that the first call of a cold instance does beyond a warm one (lazy loading, JIT), ms on one vCPU. */
  readonly coldWorkMs: number
  /** Weighted mean square of the relative residuals. */
  readonly meanSquare: number
}

/**
 * What is expected before anything is measured, with the spread (sd) of that expectation. Fits that leave a parameter
 * open fall back to it: time goes as 1/u below one vCPU, is linear in tasks, and processes start for free.
 */
export const PRIOR = {
  /** Share of the time that phi, the starts of processes, and the first call of a cold instance take: 0 with this sd. */
  fixedShareSd: 0.4,
  /** Share of the time of tasks by which they are longer in several processes: 0 with this sd. */
  processTaskSd: 0.1,
  parallelShare: 0.75,
  parallelShareSd: 0.25,
  contention: 0.03,
  contentionSd: 0.1,
  coherenceSd: 0.02,
  logMbPerVcpuSd: 0.5,
} as const

/** What a fit sees: cells, how much each counts, and what is known of the function and its platform. */
export interface Weighted {
  readonly cells: readonly Cell[]
  readonly weights: readonly number[]
  readonly options: ComputeFitOptions
}

/** A fit with the loss by which fits are compared. */
export interface Candidate extends ComputeFit {
  /** Sum of squares with the priors. */
  readonly loss: number
}

/** True when some cell depends on r, s or kappa. */
export function seesCores(cells: readonly Cell[], shape: ComputeShape): boolean {
  return cells.some((cell) => {
    const cores = cell.memoryMB / shape.mbPerVcpu
    return cores > 1 && (shape.kind === "multi" || Math.min(cell.processes, cell.tasks) > 1)
  })
}

/** Phi, f0, w0, wp and the first-call work for a given shape, exactly. */
export function linearFit(data: Weighted, shape: ComputeShape, noise: number): Candidate {
  const sums = normalEquations(COLUMNS)
  const row = new Float64Array(COLUMNS)
  const equation = { target: 1, weight: 1 }
  const squares = new Float64Array(COLUMNS)
  // Indexed here and below: iterators of pairs would allocate per cell.
  for (let i = 0; i < data.cells.length; i++) {
    const cell = data.cells[i]!
    const [start, work] = computeColumns(shape, cell)
    row[0] = 1 / cell.ms
    row[1] = start / cell.ms
    row[2] = work / cell.ms
    row[3] = coldColumn(shape, cell) / cell.ms
    row[4] = inSeveral(cell) ? work / cell.ms : 0
    equation.weight = data.weights[i]!
    addEquation(sums, row, equation)
    for (let k = 0; k < COLUMNS; k++) squares[k]! += row[k]! ** 2 / data.cells.length
  }
  // The work of tasks has no prior: what nothing else explains is work.
  for (const column of [0, 1, 3, 4]) {
    row.fill(0)[column] = 1
    const sd = column === 4 ? PRIOR.processTaskSd : PRIOR.fixedShareSd
    addEquation(sums, row, { target: 0, weight: (noise * squares[column]!) / sd ** 2 })
  }
  const [phiMs = 0, f0Ms = 0, w0Ms = 0, coldWorkMs = 0, processTaskMs = 0] = solveNonNegative(sums).coefficients
  return judged(data, { parameters: { ...shape, phiMs, f0Ms, w0Ms, processTaskMs }, coldWorkMs }, noise)
}

/** Phi, f0, w0, first-call work, wp. */
const COLUMNS = 5

export function inSeveral(cell: Cell): boolean {
  return Math.min(cell.processes, cell.tasks) > 1
}

/** First-call work is CPU work: it takes longer on a share of a vCPU. */
export function coldColumn(shape: ComputeShape, cell: Cell): number {
  return cell.cold ? 1 / Math.min(1, vcpus(shape, cell.memoryMB)) : 0
}

/** What a fit is made of. */
export type Fitted = Omit<ComputeFit, "meanSquare">

/** All parameters but the breakpoint by Levenberg-Marquardt, from a few degrees of contention. */
export function polish(data: Weighted, start: Candidate, noise: number): Candidate {
  const { kind } = start.parameters
  const { maxMemoryMB, mayPeak = false } = data.options
  const most = vcpus(start.parameters, maxMemoryMB)
  const maxVcpus = mayPeak ? 1 : start.parameters.phases === "short" ? Math.ceil(most) : most
  const scale = median(data.cells.map((cell) => cell.ms))
  const unpack = (theta: ArrayLike<number>): Fitted => ({
    coldWorkMs: theta[3]! * scale,
    parameters: {
      ...start.parameters,
      phiMs: theta[0]! * scale,
      f0Ms: theta[1]! * scale,
      w0Ms: theta[2]! * scale,
      processTaskMs: theta[7]! * scale,
      contention: theta[4]!,
      coherence: theta[5]! * maxCoherence(theta[4]!, maxVcpus),
      parallelShare: theta[6]!,
    },
  })
  const problem = {
    size: data.cells.length + PRIORS,
    residuals: (theta: ArrayLike<number>, out: Float64Array): void => residualsOf(data, unpack(theta), { noise, out }),
    lower: [0, 0, 0, 0, 0, 0, 0, 0],
    upper: [1e6, 1e6, 1e6, 1e6, 0.95, 1, kind === "multi" ? 1 : 0, data.cells.some(inSeveral) ? 1e6 : 0],
  }
  const { phiMs, f0Ms, w0Ms, processTaskMs = 0, parallelShare } = start.parameters
  const linear = [phiMs, f0Ms, w0Ms, start.coldWorkMs].map((value) => value / scale)
  return CONTENTION_STARTS.map(([contention, coherence]) => {
    const fit = levenbergMarquardt(problem, [...linear, contention, coherence, parallelShare, processTaskMs / scale])
    return judged(data, unpack(fit.theta), noise)
  }).reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best), start)
}

const CONTENTION_STARTS = [
  [PRIOR.contention, 0.02],
  [0.2, 0.2],
] as const

/** Residuals that state the priors, after those of the cells. */
const PRIORS = 7

/** Weighted relative residuals of the cells, then those of the priors. */
function residualsOf(data: Weighted, fit: Fitted, to: { readonly noise: number; readonly out: Float64Array }): void {
  const { cells, weights } = data
  const { parameters } = fit
  const { processTaskMs = 0 } = parameters
  const squares = [0, 0, 0, 0]
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!
    const [start, work] = computeColumns(parameters, cell)
    const cold = coldColumn(parameters, cell)
    const several = inSeveral(cell) ? work : 0
    const tasksMs = parameters.w0Ms * work + processTaskMs * several
    const ms = parameters.phiMs + parameters.f0Ms * start + tasksMs + fit.coldWorkMs * cold
    to.out[i] = Math.sqrt(weights[i]!) * (ms / cell.ms - 1)
    squares[0]! += 1 / cell.ms ** 2
    squares[1]! += (start / cell.ms) ** 2
    squares[2]! += (cold / cell.ms) ** 2
    squares[3]! += (several / cell.ms) ** 2
  }
  const at = cells.length
  const sd = Math.sqrt(to.noise)
  for (const [k, value] of [parameters.phiMs, parameters.f0Ms, fit.coldWorkMs].entries()) {
    to.out[at + k] = (sd / PRIOR.fixedShareSd) * value * Math.sqrt(squares[k]! / at)
  }
  to.out[at + 3] = (sd * (parameters.contention - PRIOR.contention)) / PRIOR.contentionSd
  to.out[at + 4] = (sd * parameters.coherence) / PRIOR.coherenceSd
  to.out[at + 6] = (sd / PRIOR.processTaskSd) * processTaskMs * Math.sqrt(squares[3]! / at)
  const share = parameters.parallelShare - PRIOR.parallelShare
  to.out[at + 5] = parameters.kind === "multi" ? (sd * share) / PRIOR.parallelShareSd : 0
}

function judged(data: Weighted, fit: Fitted, noise: number): Candidate {
  const { cells, options } = data
  const out = new Float64Array(cells.length + PRIORS)
  residualsOf(data, fit, { noise, out })
  let measured = 0
  let loss = noise * (Math.log(fit.parameters.mbPerVcpu / options.mbPerVcpu) / PRIOR.logMbPerVcpuSd) ** 2
  for (let i = 0; i < out.length; i++) {
    const residual = out[i]!
    loss += residual * residual
    if (i < cells.length) measured += residual * residual
  }
  return { ...fit, loss, meanSquare: measured / cells.length }
}
