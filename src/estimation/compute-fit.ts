import { median } from "../statistics/order-statistics.ts"
import { type Cell, memoriesOf } from "./cells.ts"
import {
  type Candidate,
  coldColumn,
  type ComputeFit,
  type ComputeFitOptions,
  type Fitted,
  linearFit,
  polish,
  PRIOR,
  seesCores,
  type Weighted,
} from "./compute-candidate.ts"
import { computeMs, type ComputeShape } from "./compute-model.ts"

/** Relative sd of a cell's median when the residuals are too few to tell. */
export const ASSUMED_NOISE = 0.03
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
 * inside, and with them the first-call work of cold cells; the breakpoint m_s from a search to 1 MB; r, s and kappa from
 * a grid and Levenberg-Marquardt. Cells far off the curve are weighed down (Huber) and the fit repeated. Needs one cell; deterministic; a few ms for 20 cells.
 */
export function fitCompute(cells: readonly Cell[], options: ComputeFitOptions): RobustFit {
  if (cells.length === 0) throw new Error("a compute model needs at least one cell")
  const plain = reweighted({ cells, weights: cells.map((cell) => cell.weight), options })
  if (cells.length < CELLS_FOR_OUTLIERS || typicalError(cells, plain) < SUSPICIOUS) return plain
  // Times far too short pull relative residuals to themselves, all others with them: start again without them.
  const robust = reweighted({ cells, weights: absoluteStart(cells, options), options })
  return typicalError(cells, robust) < typicalError(cells, plain) ? robust : plain
}

/** Outliers are told from the rest from so many cells on. */
const CELLS_FOR_OUTLIERS = 6
/** Half of the cells this far off in logs: the fit may have followed outliers. */
const SUSPICIOUS = 0.1

function reweighted(start: Weighted): RobustFit {
  const { cells, options } = start
  let { weights } = start
  let fit = fitWeighted(start)
  for (let round = 0; round < 3 && cells.length >= CELLS_FOR_OUTLIERS; round++) {
    const next = robustWeights(cells, fit)
    if (next.every((weight, i) => Math.abs(weight - weights[i]!) < 0.02)) break
    weights = next
    fit = fitWeighted({ cells, weights, options })
  }
  return { ...fit, weights }
}

function logResidualsOf(cells: readonly Cell[], fit: Fitted): number[] {
  return cells.map((cell) => {
    const ms = computeMs(fit.parameters, cell) + fit.coldWorkMs * coldColumn(fit.parameters, cell)
    return Math.log(Math.max(ms, 1e-6) / cell.ms)
  })
}

function typicalError(cells: readonly Cell[], fit: Fitted): number {
  return median(logResidualsOf(cells, fit).map(Math.abs))
}

/** Weights from the fit with the least absolute log residuals at the platform's breakpoint, by reweighting. */
function absoluteStart(cells: readonly Cell[], options: ComputeFitOptions): number[] {
  const { kind, mbPerVcpu, exponent = 1, cores = "share", mostVcpus = Infinity, phases = "long" } = options
  const given = { kind, mbPerVcpu, exponent, cores, mostVcpus, phases, contention: PRIOR.contention, coherence: 0 }
  const unit = { ...given, parallelShare: kind === "multi" ? PRIOR.parallelShare : 0, phiMs: 0, f0Ms: 0, w0Ms: 1 }
  const scale = Math.exp(-median(logResidualsOf(cells, { parameters: unit, coldWorkMs: 0 })))
  let fit: Fitted = { parameters: { ...unit, w0Ms: scale }, coldWorkMs: 0 }
  for (let round = 0; round < ABSOLUTE_ROUNDS; round++) {
    const weights = logResidualsOf(cells, fit).map((log, i) => {
      const size = Math.max(Math.abs(log), 0.01)
      // Squares of relative residuals with this weight are absolute log residuals.
      return (cells[i]!.weight * size) / Math.max(Math.abs(Math.expm1(log)), 0.01) ** 2
    })
    fit = bestLinear(
      { cells, weights, options },
      { shape: unit, shares: kind === "multi" ? SHARES : [0], noise: ASSUMED_NOISE ** 2 },
    )
  }
  return robustWeights(cells, fit)
}

const ABSOLUTE_ROUNDS = 10

/** A fit with the weights that its cells had in the end. */
export interface RobustFit extends ComputeFit {
  readonly weights: readonly number[]
}

/** The same for given weights: an outlier is an outlier in every part of the cells. */
export function fitWeighted(data: Weighted): ComputeFit {
  const { mbPerVcpu } = data.options
  const rough = bestAt(data, mbPerVcpu, ASSUMED_NOISE ** 2)
  const best = bestAt(data, mbPerVcpu, noiseOf(data, rough))
  if (data.options.cores === "whole" || memoriesOf(data.cells).length < MEMORIES_FOR_BREAKPOINT) return best
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
  const { kind, exponent = 1, cores = "share", mostVcpus = Infinity, phases = "long" } = data.options
  const given = { kind, mbPerVcpu, exponent, cores, mostVcpus, phases }
  const shape = { ...given, parallelShare: 0, contention: PRIOR.contention, coherence: 0 }
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

/** Huber weights of the log residuals; a cell more than eight sd and 30 % off counts for nothing. */
function robustWeights(cells: readonly Cell[], fit: Fitted): number[] {
  const residuals = logResidualsOf(cells, fit)
  const sd = Math.max(0.01, 1.4826 * median(residuals.map(Math.abs)))
  return cells.map((cell, i) => {
    const size = Math.abs(residuals[i]!)
    if (size > 8 * sd && size > 0.3) return 1e-6
    return cell.weight * (size <= 2.5 * sd ? 1 : (2.5 * sd) / size)
  })
}
