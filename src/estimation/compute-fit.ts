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
  /** Weighted mean square of the relative residuals. */
  readonly meanSquare: number
}

/**
 * What is expected before anything is measured, with the spread (sd) of that expectation. Fits that leave a parameter
 * open fall back to it: time goes as 1/u below one vCPU, is linear in tasks, and processes start for free.
 */
const PRIOR = {
  /** Share of the time that phi and the starts of processes take: 0 with this sd. */
  fixedShareSd: 0.4,
  parallelShare: 0.75,
  parallelShareSd: 0.25,
  contention: 0.03,
  contentionSd: 0.1,
  coherenceSd: 0.02,
  logMbPerVcpuSd: 0.5,
} as const

/** Relative sd of a cell's median when the residuals are too few to tell. */
const ASSUMED_NOISE = 0.03
/** A function's own m_s must lower the loss by this many noise variances before it is believed. */
const BREAKPOINT_GAIN = 4
const SHARES = [0, 0.3, 0.5, 0.65, PRIOR.parallelShare, 0.85, 0.92, 0.97, 1] as const
const MEMORIES_FOR_BREAKPOINT = 4
const BREAKPOINT_GRID_MB = { least: 256, most: 3008, coarse: 64, fine: 16 } as const

/**
 * Fits the roofline to cell medians on relative residuals. Phi, f0 and w0 come from exact non-negative least squares
 * inside; the breakpoint m_s from a grid of 16 MB; r, s and kappa from a grid and Levenberg-Marquardt. Cells far off
 * the curve are weighed down (Huber) and the fit repeated. Needs one cell; deterministic; a few ms for 20 cells.
 */
export function fitCompute(cells: readonly Cell[], options: ComputeFitOptions): ComputeFit {
  if (cells.length === 0) throw new Error("a compute model needs at least one cell")
  let weights = cells.map(() => 1)
  let fit = fitWeighted({ cells, weights, options })
  for (let round = 0; round < 4 && cells.length >= 6; round++) {
    const next = robustWeights(cells, fit.parameters)
    if (next.every((weight, i) => Math.abs(weight - weights[i]!) < 0.02)) break
    weights = next
    fit = fitWeighted({ cells, weights, options })
  }
  return fit
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
  const first = bestAt(data, mbPerVcpu, ASSUMED_NOISE ** 2)
  const best = bestAt(data, mbPerVcpu, noiseOf(data, first))
  if (memoriesOf(data.cells).length < MEMORIES_FOR_BREAKPOINT) return best
  const own = scanBreakpoints(data, best)
  if (own === null || own === mbPerVcpu) return best
  const noise = noiseOf(data, bestAt(data, own, noiseOf(data, best)))
  const learned = bestAt(data, own, noise)
  const gain = bestAt(data, mbPerVcpu, noise).loss - learned.loss
  return gain > BREAKPOINT_GAIN * noise ? learned : best
}

/** Variance of the relative residuals, or the assumed one where too few residuals are left over. */
function noiseOf(data: Weighted, fit: Candidate): number {
  const spare = data.cells.length - 4
  return spare >= 4 ? Math.max((fit.meanSquare * data.cells.length) / spare, 1e-18) : ASSUMED_NOISE ** 2
}

/** The breakpoint on the 16 MB grid with the least loss; the contention stays what it is in `start`. */
function scanBreakpoints(data: Weighted, start: Candidate): number | null {
  const memories = memoriesOf(data.cells)
  const { least, most, coarse, fine } = BREAKPOINT_GRID_MB
  // A breakpoint outside the measured sizes cannot be seen.
  const from = Math.max(least, fine * Math.ceil(memories[0]! / fine))
  const to = Math.min(most, memories.at(-1)!)
  const noise = noiseOf(data, start)
  let best: Candidate | null = null
  const consider = (mbPerVcpu: number): void => {
    if (mbPerVcpu < from || mbPerVcpu > to) return
    const candidate = bestLinear(data, { ...start.parameters, mbPerVcpu }, noise)
    if (best === null || candidate.loss < best.loss) best = candidate
  }
  const found = (): number | undefined => best?.parameters.mbPerVcpu
  for (let mb = from; mb <= to; mb += coarse) consider(mb)
  const centre = found()
  if (centre === undefined) return null
  for (let mb = centre - coarse + fine; mb < centre + coarse; mb += fine) consider(mb)
  return found() ?? null
}

/** The best fit for one breakpoint. `noise` is the variance that weighs the priors against the data. */
function bestAt(data: Weighted, mbPerVcpu: number, noise: number): Candidate {
  const { kind } = data.options
  const shape = { kind, parallelShare: 0, contention: PRIOR.contention, coherence: 0, mbPerVcpu }
  const best = bestLinear(data, shape, noise)
  return seesCores(data.cells, best.parameters) ? polish(data, best, noise) : best
}

/** The best parallel share of a coarse grid, with phi, f0 and w0 exact. */
function bestLinear(data: Weighted, shape: ComputeShape, noise: number): Candidate {
  const shares = shape.kind === "multi" ? SHARES : [0]
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

/** Phi, f0 and w0 for a given shape, exactly. */
function linearFit(data: Weighted, shape: ComputeShape, noise: number): Candidate {
  const sums = normalEquations(3)
  const squares = [0, 0]
  for (const [i, cell] of data.cells.entries()) {
    const [start, work] = computeColumns(shape, cell)
    const row = [1 / cell.ms, start / cell.ms, work / cell.ms]
    addEquation(sums, row, { target: 1, weight: data.weights[i]! })
    squares[0]! += row[0]! ** 2 / data.cells.length
    squares[1]! += row[1]! ** 2 / data.cells.length
  }
  const strength = noise / PRIOR.fixedShareSd ** 2
  addEquation(sums, [1, 0, 0], { target: 0, weight: strength * squares[0]! })
  addEquation(sums, [0, 1, 0], { target: 0, weight: strength * squares[1]! })
  const [phiMs = 0, f0Ms = 0, w0Ms = 0] = solveNonNegative(sums).coefficients
  return judged(data, { ...shape, phiMs, f0Ms, w0Ms }, noise)
}

/** All parameters but the breakpoint by Levenberg-Marquardt, from a few degrees of contention. */
function polish(data: Weighted, start: Candidate, noise: number): Candidate {
  const { kind, mbPerVcpu } = start.parameters
  const maxVcpus = data.options.maxMemoryMB / mbPerVcpu
  const scale = median(data.cells.map((cell) => cell.ms))
  const unpack = (theta: ArrayLike<number>): ComputeParameters => ({
    kind,
    mbPerVcpu,
    phiMs: theta[0]! * scale,
    f0Ms: theta[1]! * scale,
    w0Ms: theta[2]! * scale,
    contention: theta[3]!,
    coherence: theta[4]! * maxCoherence(theta[3]!, maxVcpus),
    parallelShare: kind === "multi" ? theta[5]! : 0,
  })
  const problem = {
    size: data.cells.length + priorSize(kind),
    residuals: (theta: ArrayLike<number>, out: Float64Array): void => residualsOf(data, unpack(theta), { noise, out }),
    lower: [0, 0, 0, 0, 0, ...(kind === "multi" ? [0] : [])],
    upper: [1e6, 1e6, 1e6, 0.95, 1, ...(kind === "multi" ? [1] : [])],
  }
  let best = start
  const { phiMs, f0Ms, w0Ms, parallelShare } = start.parameters
  for (const [contention, coherence] of [
    [PRIOR.contention, 0.02],
    [0.2, 0.2],
  ] as const) {
    const theta = [phiMs, f0Ms, w0Ms].map((value) => value / scale)
    const fit = levenbergMarquardt(problem, [
      ...theta,
      contention,
      coherence,
      ...(kind === "multi" ? [parallelShare] : []),
    ])
    const candidate = judged(data, unpack(fit.theta), noise)
    if (candidate.loss < best.loss) best = candidate
  }
  return best
}

function priorSize(kind: ThreadKind): number {
  return kind === "multi" ? 5 : 4
}

/** Weighted relative residuals of the cells, then those of the priors. */
function residualsOf(
  data: Weighted,
  parameters: ComputeParameters,
  to: { readonly noise: number; readonly out: Float64Array },
): void {
  const { cells, weights } = data
  const sd = Math.sqrt(to.noise)
  let phiSquare = 0
  let startSquare = 0
  for (const [i, cell] of cells.entries()) {
    const [start, work] = computeColumns(parameters, cell)
    const ms = parameters.phiMs + parameters.f0Ms * start + parameters.w0Ms * work
    to.out[i] = Math.sqrt(weights[i]!) * (ms / cell.ms - 1)
    phiSquare += 1 / cell.ms ** 2
    startSquare += (start / cell.ms) ** 2
  }
  const at = cells.length
  const fixed = sd / PRIOR.fixedShareSd
  to.out[at] = fixed * parameters.phiMs * Math.sqrt(phiSquare / at)
  to.out[at + 1] = fixed * parameters.f0Ms * Math.sqrt(startSquare / at)
  to.out[at + 2] = (sd * (parameters.contention - PRIOR.contention)) / PRIOR.contentionSd
  to.out[at + 3] = (sd * parameters.coherence) / PRIOR.coherenceSd
  if (parameters.kind === "multi") {
    to.out[at + 4] = (sd * (parameters.parallelShare - PRIOR.parallelShare)) / PRIOR.parallelShareSd
  }
}

function judged(data: Weighted, parameters: ComputeParameters, noise: number): Candidate {
  const out = new Float64Array(data.cells.length + priorSize(parameters.kind))
  residualsOf(data, parameters, { noise, out })
  let measured = 0
  let loss = noise * (Math.log(parameters.mbPerVcpu / data.options.mbPerVcpu) / PRIOR.logMbPerVcpuSd) ** 2
  for (const [i, residual] of out.entries()) {
    loss += residual * residual
    if (i < data.cells.length) measured += residual * residual
  }
  return { parameters, loss, meanSquare: measured / data.cells.length }
}

/** Huber weights of the log residuals; a cell more than eight sd and 30 % off counts for nothing. */
function robustWeights(cells: readonly Cell[], parameters: ComputeParameters): number[] {
  const residuals = cells.map((cell) => Math.log(computeMs(parameters, cell) / cell.ms))
  const sd = Math.max(0.01, 1.4826 * median(residuals.map(Math.abs)))
  return residuals.map((residual) => {
    const size = Math.abs(residual)
    if (size > 8 * sd && size > 0.3) return 1e-6
    return size <= 2 * sd ? 1 : (2 * sd) / size
  })
}
