import { type Distribution, PROBABILITIES } from "../statistics/distribution.ts"
import { fromSamples } from "../statistics/from-samples.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { robustSd } from "../statistics/order-statistics.ts"
import { fromLogs, logNormal } from "../statistics/quantile-table.ts"
import { productOf } from "../statistics/product.ts"
import { maxOf } from "../statistics/quantile-table-operations.ts"
import type { CellResiduals } from "./cells.ts"
import type { FormError } from "./form-error.ts"

/** Run-to-run noise of warm compute times: below this no few samples are believed, sd of ln t. */
export const LEAST_NOISE = 0.03
/** The floor halves as a root with so many repetitions, down to the noise of timers. */
const FLOOR_WEIGHT = 8
const LEAST_MEASURED_NOISE = 0.004
/** Spread expected before anything was repeated. */
const PRIOR_NOISE = 0.05
const PRIOR_WEIGHT = 4
/** Noise belongs to a function: what the others of its workflow show counts as at most so many own repetitions. */
const MOST_SHARED_WEIGHT = 6
/**
 * From this many residuals on their own quantiles are used instead of a lognormal. Only large cells count: of three
 * samples one is the median itself, and a third of all residuals would be 0.
 */
const EMPIRICAL_FROM = 60
const LARGE_CELL = 10
/** Noise above this means that the cells mix different things; percentiles would explode. */
const MOST_NOISE = 0.5

/** What repeated runs tell about the noise of compute times. */
export interface NoisePool {
  /** Sum of squared log ratios to the cell median. */
  readonly squares: number
  /** Repetitions behind it. */
  readonly spare: number
  /** Ratios to the median of large cells, where there are enough of them. */
  readonly ratios: readonly number[]
}

/** Pools log ratios to the cell median; wild ones are held at three sd of their cell or 0.3. */
export function poolNoise(cells: readonly CellResiduals[]): NoisePool {
  let squares = 0
  let spare = 0
  const ratios: number[] = []
  for (const { residuals } of cells) {
    const count = residuals.length
    const inflate = Math.sqrt(count / (count - 1))
    // A wild sample says that tails are heavy, not that all times spread.
    const bound = Math.max(3 * robustSd(residuals), 0.3)
    for (const residual of residuals) {
      squares += Math.min(Math.abs(residual), bound) ** 2
      if (count >= LARGE_CELL) ratios.push(Math.exp(residual * inflate))
    }
    spare += count - 1
  }
  return { squares, spare, ratios }
}

/** Spread of a function's own cells around its curve. */
export interface CurveSpread {
  readonly variance: number
  /** Cells beyond the parameters fitted to them; 0 or less tells nothing. */
  readonly spare: number
}

export interface NoiseEvidence {
  /** All functions of the workflow. */
  readonly shared: NoisePool
  /** This function alone. */
  readonly own: NoisePool
  readonly spread: CurveSpread
}

/**
 * The noise of one function as a factor around 1: its own repetitions, shrunk to what the workflow's functions show and
 * to 5 %. The spread around its own curve counts half, since it holds errors of the curve too, and only as far as
 * nothing was repeated. At least 3 % before anything was repeated, less with every repetition.
 */
export function noiseOf({ shared, own, spread }: NoiseEvidence): Distribution {
  const sharedWeight = PRIOR_WEIGHT + shared.spare
  const sharedVariance = (PRIOR_WEIGHT * PRIOR_NOISE ** 2 + shared.squares) / sharedWeight
  const prior = Math.min(sharedWeight, MOST_SHARED_WEIGHT)
  const curve = (Math.max(0, spread.spare) / 2) * (prior / (prior + own.spare))
  const weight = prior + own.spare + curve
  const variance = (prior * sharedVariance + own.squares + curve * spread.variance) / weight
  const floor = Math.max(LEAST_MEASURED_NOISE, LEAST_NOISE * Math.sqrt(FLOOR_WEIGHT / (FLOOR_WEIGHT + own.spare)))
  const sd = Math.min(MOST_NOISE, Math.max(floor, Math.sqrt(variance)))
  if (own.ratios.length < EMPIRICAL_FROM) return logNormal(1, sd)
  return fromSamples(own.ratios, { priorLogSd: sd, minLogSd: floor })
}

/** Sd of ln t of a noise, by its P5 and P95. */
export function logSdOf(noise: Distribution): number {
  return (noise.logMs[5]! - noise.logMs[0]!) / (2 * normalQuantile(0.95))
}

/** What makes the slowest of several instances slower than one. */
export interface SlowestOptions {
  readonly instances: number
  /** Share of the noise's variance that all instances of a step have in common (same input, same host load). */
  readonly commonShare?: number
  /** Sd of ln t that unequal tasks add to each instance. */
  readonly unevenSd?: number
}

/**
 * The factor on a median curve for the slowest of `instances`: their own noises are independent, the error of the
 * curve's form and the common share of the noise are not. About 0.1 ms.
 */
export function slowestFactor(noise: Distribution, form: FormError, options: SlowestOptions): Distribution {
  const { instances, commonShare = 0, unevenSd = 0 } = options
  const formFactor = fromLogs(form.logs, { xi: 0, fromP: 0.99 })
  if (instances <= 1) return productOf(ownNoise(noise, 0, unevenSd), formFactor)
  const slowest = maxOf(ownNoise(noise, commonShare, unevenSd), instances)
  const common = commonShare > 0 ? productOf(formFactor, powerOf(noise, Math.sqrt(commonShare))) : formFactor
  return productOf(slowest, common)
}

/** Log deviations from the median times `share`. */
function powerOf(noise: Distribution, share: number): Distribution {
  const centre = noise.logMs[2]!
  return fromLogs(
    noise.logMs.map((log) => share * (log - centre)),
    { xi: noise.tail.xi * share, fromP: noise.tail.fromP },
  )
}

/** The noise of one instance without the common share, with that of unequal tasks. */
function ownNoise(noise: Distribution, commonShare: number, unevenSd: number): Distribution {
  if (commonShare === 0 && unevenSd === 0) return noise
  const centre = noise.logMs[2]!
  const keep = Math.sqrt(1 - commonShare)
  const logs = PROBABILITIES.map((p, i) => {
    const uneven = unevenSd * normalQuantile(p)
    return centre + Math.sign(p - 0.5) * Math.hypot(keep * (noise.logMs[i]! - centre), uneven)
  })
  return fromLogs(logs, noise.tail)
}
