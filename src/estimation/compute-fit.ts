import { addEquation, normalEquations, solveNonNegative } from "../statistics/non-negative-least-squares.ts"
import { levenbergMarquardt } from "../statistics/least-squares.ts"
import { median } from "../statistics/order-statistics.ts"
import type { Cell } from "./cells.ts"
import { memoriesOf } from "./cells.ts"
import {
  computeColumns,
  computeMs,
  type ComputeParameters,
  type ComputeShape,
  maxCoherence,
  type ThreadKind,
} from "./compute-model.ts"

export interface ComputeFitOptions {
  readonly kind: ThreadKind
  /** Of the platform; the function's own is learned from four memories on. */
  readonly mbPerVcpu: number
  /** Largest memory of the platform, MB: time must fall up to there. */
  readonly maxMemoryMB: number
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
const PRIOR = {
  /** Share of the time that phi, the starts of processes, and the first call of a cold instance take: 0 with this sd. */
  fixedShareSd: 0.4,
  parallelShare: 0.75,
  parallelShareSd: 0.25,
  contention: 0.03,
  contentionSd: 0.1,
  coherenceSd: 0.02,
  logMbPerVcpuSd: 0.5,
} as const

/** A cold cell counts for less: first calls vary more. */
const COLD_WEIGHT = 0.25
/** Relative sd of a cell's median when the residuals are too few to tell. */
const ASSUMED_NOISE = 0.03
/** A function's own m_s must lower the loss by this many noise variances before it is believed. */
const BREAKPOINT_GAIN = 4
const SHARES = [0, 0.3, 0.5, 0.65, PRIOR.parallelShare, 0.85, 0.92, 0.97, 1] as const
const SCANNED_SHARES = [0.5, 0.85, 0.97] as const
const MEMORIES_FOR_BREAKPOINT = 4
const BREAKPOINTS_MB = { least: 256, most: 3008 } as const
/** Each pass looks around the best of the last one: step and reach in MB. */
const BREAKPOINT_PASSES = [
  { step: 64, reach: 3008 },
  { step: 16, reach: 128 },
  { step: 4, reach: 16 },
  { step: 1, reach: 4 },
] as const

/**
 * Fits the roofline to cell medians on relative residuals. Phi, f0 and w0 come from exact non-negative least squares
 * inside, and with them the first-call work of cold cells; the breakpoint m_s from a search to 1 MB; r, s and kappa from a grid and Levenberg-Marquardt. Cells far off
 * the curve are weighed down (Huber) and the fit repeated. Needs one cell; deterministic; a few ms for 20 cells.
 */
export function fitCompute(cells: readonly Cell[], options: ComputeFitOptions): ComputeFit {
  if (cells.length === 0) throw new Error("a compute model needs at least one cell")
  let weights = cells.map(startWeight)
  let fit = fitWeighted({ cells, weights, options })
  for (let round = 0; round < 3 && cells.length >= 6; round++) {
    const next = robustWeights(cells, fit)
    if (next.every((weight, i) => Math.abs(weight - weights[i]!) < 0.02)) break
    weights = next
    fit = fitWeighted({ cells, weights, options })
  }
  return fit
}

function startWeight(cell: Cell): number {
  return cell.cold ? COLD_WEIGHT : 1
}

interface Weighted {
  readonly cells: readonly Cell[]
  readonly weights: readonly number[]
  readonly options: ComputeFitOptions
}

interface Candidate extends ComputeFit {
  /** Sum of squares with the priors. */
  readonly loss: number
}

function fitWeighted(data: Weighted): ComputeFit {
  const { mbPerVcpu } = data.options
  const rough = bestAt(data, mbPerVcpu, ASSUMED_NOISE ** 2)
  const best = bestAt(data, mbPerVcpu, noiseOf(data, rough))
  if (memoriesOf(data.cells).length < MEMORIES_FOR_BREAKPOINT) return best
  // The second scan knows the noise around the first one's breakpoint, and so how little the priors count.
  const first = bestAt(data, scanBreakpoints(data, best), noiseOf(data, best))
  const own = scanBreakpoints(data, first)
  if (own === mbPerVcpu) return best
  const learned = bestAt(data, own, noiseOf(data, first))
  const noise = noiseOf(data, learned)
  const gain = bestAt(data, mbPerVcpu, noise).loss - learned.loss
  return gain > BREAKPOINT_GAIN * noise ? learned : best
}

/** Variance of the relative residuals, or the assumed one where too few residuals are left over. */
function noiseOf(data: Weighted, fit: Candidate): number {
  const spare = data.cells.length - 4
  return spare >= 4 ? Math.max((fit.meanSquare * data.cells.length) / spare, 1e-18) : ASSUMED_NOISE ** 2
}

/** The breakpoint with the least loss, to 1 MB; the contention stays what it is in `start`. */
function scanBreakpoints(data: Weighted, start: Candidate): number {
  const memories = memoriesOf(data.cells)
  // A breakpoint outside the measured sizes cannot be seen.
  const from = Math.max(BREAKPOINTS_MB.least, memories[0]!)
  const to = Math.min(BREAKPOINTS_MB.most, memories.at(-1)!)
  const noise = noiseOf(data, start)
  const { parameters } = start
  const shares = parameters.kind === "multi" ? [parameters.parallelShare, ...SCANNED_SHARES] : [0]
  let best = start
  for (const { step, reach } of BREAKPOINT_PASSES) {
    const centre = best.parameters.mbPerVcpu
    for (let mb = Math.max(from, centre - reach); mb <= Math.min(to, centre + reach); mb += step) {
      const candidate = bestLinear(data, { shape: { ...parameters, mbPerVcpu: mb }, shares, noise })
      if (candidate.loss < best.loss) best = candidate
    }
  }
  return best.parameters.mbPerVcpu
}

/** The best fit for one breakpoint. `noise` is the variance that weighs the priors against the data. */
function bestAt(data: Weighted, mbPerVcpu: number, noise: number): Candidate {
  const { kind } = data.options
  const shape = { kind, parallelShare: 0, contention: PRIOR.contention, coherence: 0, mbPerVcpu }
  const best = bestLinear(data, { shape, shares: kind === "multi" ? SHARES : [0], noise })
  return seesCores(data.cells, best.parameters) ? polish(data, best, noise) : best
}

/** The best of some parallel shares, with phi, f0 and w0 exact. */
function bestLinear(
  data: Weighted,
  {
    shape,
    shares,
    noise,
  }: { readonly shape: ComputeShape; readonly shares: readonly number[]; readonly noise: number },
): Candidate {
  return shares
    .map((parallelShare) => linearFit(data, { ...shape, parallelShare }, noise))
    .reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best))
}

/** True when some cell depends on r, s or kappa. */
function seesCores(cells: readonly Cell[], shape: ComputeShape): boolean {
  return cells.some((cell) => {
    const cores = cell.memoryMB / shape.mbPerVcpu
    return cores > 1 && (shape.kind === "multi" || Math.min(cell.processes, cell.tasks) > 1)
  })
}

/** Phi, f0, w0 and the first-call work for a given shape, exactly. */
function linearFit(data: Weighted, shape: ComputeShape, noise: number): Candidate {
  const sums = normalEquations(4)
  const row = new Float64Array(4)
  const squares = new Float64Array(4)
  for (const [i, cell] of data.cells.entries()) {
    const [start, work] = computeColumns(shape, cell)
    row[0] = 1 / cell.ms
    row[1] = start / cell.ms
    row[2] = work / cell.ms
    row[3] = coldColumn(shape, cell) / cell.ms
    addEquation(sums, row, { target: 1, weight: data.weights[i]! })
    for (let k = 0; k < 4; k++) squares[k]! += row[k]! ** 2 / data.cells.length
  }
  const strength = noise / PRIOR.fixedShareSd ** 2
  // The work of tasks has no prior: what nothing else explains is work.
  for (const column of [0, 1, 3]) {
    row.fill(0)[column] = 1
    addEquation(sums, row, { target: 0, weight: strength * squares[column]! })
  }
  const [phiMs = 0, f0Ms = 0, w0Ms = 0, coldWorkMs = 0] = solveNonNegative(sums).coefficients
  return judged(data, { parameters: { ...shape, phiMs, f0Ms, w0Ms }, coldWorkMs }, noise)
}

/** First-call work is CPU work: it takes longer on a share of a vCPU. */
function coldColumn(shape: ComputeShape, cell: Cell): number {
  return cell.cold ? 1 / Math.min(1, cell.memoryMB / shape.mbPerVcpu) : 0
}

/** What a fit is made of. */
type Fitted = Omit<ComputeFit, "meanSquare">

/** All parameters but the breakpoint by Levenberg-Marquardt, from a few degrees of contention. */
function polish(data: Weighted, start: Candidate, noise: number): Candidate {
  const { kind, mbPerVcpu } = start.parameters
  const maxVcpus = data.options.maxMemoryMB / mbPerVcpu
  const scale = median(data.cells.map((cell) => cell.ms))
  const unpack = (theta: ArrayLike<number>): Fitted => ({
    coldWorkMs: theta[3]! * scale,
    parameters: {
      kind,
      mbPerVcpu,
      phiMs: theta[0]! * scale,
      f0Ms: theta[1]! * scale,
      w0Ms: theta[2]! * scale,
      contention: theta[4]!,
      coherence: theta[5]! * maxCoherence(theta[4]!, maxVcpus),
      parallelShare: theta[6]!,
    },
  })
  const problem = {
    size: data.cells.length + PRIORS,
    residuals: (theta: ArrayLike<number>, out: Float64Array): void => residualsOf(data, unpack(theta), { noise, out }),
    lower: [0, 0, 0, 0, 0, 0, 0],
    upper: [1e6, 1e6, 1e6, 1e6, 0.95, 1, kind === "multi" ? 1 : 0],
  }
  const { phiMs, f0Ms, w0Ms, parallelShare } = start.parameters
  const linear = [phiMs, f0Ms, w0Ms, start.coldWorkMs].map((value) => value / scale)
  return CONTENTION_STARTS.map(([contention, coherence]) => {
    const fit = levenbergMarquardt(problem, [...linear, contention, coherence, parallelShare])
    return judged(data, unpack(fit.theta), noise)
  }).reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best), start)
}

const CONTENTION_STARTS = [
  [PRIOR.contention, 0.02],
  [0.2, 0.2],
] as const

/** Residuals that state the priors, after those of the cells. */
const PRIORS = 6

/** Weighted relative residuals of the cells, then those of the priors. */
function residualsOf(data: Weighted, fit: Fitted, to: { readonly noise: number; readonly out: Float64Array }): void {
  const { cells, weights } = data
  const { parameters } = fit
  const squares = [0, 0, 0]
  for (const [i, cell] of cells.entries()) {
    const [start, work] = computeColumns(parameters, cell)
    const cold = coldColumn(parameters, cell)
    const ms = parameters.phiMs + parameters.f0Ms * start + parameters.w0Ms * work + fit.coldWorkMs * cold
    to.out[i] = Math.sqrt(weights[i]!) * (ms / cell.ms - 1)
    squares[0]! += 1 / cell.ms ** 2
    squares[1]! += (start / cell.ms) ** 2
    squares[2]! += (cold / cell.ms) ** 2
  }
  const at = cells.length
  const sd = Math.sqrt(to.noise)
  for (const [k, value] of [parameters.phiMs, parameters.f0Ms, fit.coldWorkMs].entries()) {
    to.out[at + k] = (sd / PRIOR.fixedShareSd) * value * Math.sqrt(squares[k]! / at)
  }
  to.out[at + 3] = (sd * (parameters.contention - PRIOR.contention)) / PRIOR.contentionSd
  to.out[at + 4] = (sd * parameters.coherence) / PRIOR.coherenceSd
  const share = parameters.parallelShare - PRIOR.parallelShare
  to.out[at + 5] = parameters.kind === "multi" ? (sd * share) / PRIOR.parallelShareSd : 0
}

function judged(data: Weighted, fit: Fitted, noise: number): Candidate {
  const { cells, options } = data
  const out = new Float64Array(cells.length + PRIORS)
  residualsOf(data, fit, { noise, out })
  let measured = 0
  let loss = noise * (Math.log(fit.parameters.mbPerVcpu / options.mbPerVcpu) / PRIOR.logMbPerVcpuSd) ** 2
  for (const [i, residual] of out.entries()) {
    loss += residual * residual
    if (i < cells.length) measured += residual * residual
  }
  return { ...fit, loss, meanSquare: measured / cells.length }
}

/** Huber weights of the log residuals; a cell more than eight sd and 30 % off counts for nothing. */
function robustWeights(cells: readonly Cell[], fit: Fitted): number[] {
  const residuals = cells.map((cell) => {
    const ms = computeMs(fit.parameters, cell) + fit.coldWorkMs * coldColumn(fit.parameters, cell)
    return Math.log(Math.max(ms, 1e-6) / cell.ms)
  })
  const sd = Math.max(0.01, 1.4826 * median(residuals.map(Math.abs)))
  return cells.map((cell, i) => {
    const size = Math.abs(residuals[i]!)
    if (size > 8 * sd && size > 0.3) return 1e-6
    return startWeight(cell) * (size <= 2.5 * sd ? 1 : (2.5 * sd) / size)
  })
}
