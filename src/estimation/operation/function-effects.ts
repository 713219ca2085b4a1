/**
 * How one function departs from the law of its platform: a Gaussian process over its log errors at all memory sizes,
 *
 *   ln(T / law)(x) = a dlnT/dlncpu + b dlnT/dlnwait + c dlnT/dlncpu max(0, -ln u) + g(x) + noise,   x = ln u
 *
 * with a log-multiplier a on its CPU time, b on its wait, c for CPU time that grows as the quota shrinks (caches are
 * lost while throttled), and a smooth rest g (Matern 5/2). Their spreads are learned from the training functions, by
 * marginal likelihood: what one function's local run left open is what the others' did.
 *
 * F1. Without observations the correction is 0 and its spread that of the training functions.
 * F2. An observation within the spread of the training functions never raises the spread anywhere; one beyond it tells of
 *     an unusual function, and widens all of them.
 */
import type { Random } from "../../base/random.ts"
import { choleskyFactor, forwardSubstitute } from "../../statistics/cholesky.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { median } from "../../statistics/order-statistics.ts"

/** Where an error is looked at: the inputs of the process. */
export interface EffectPoint {
  readonly logQuota: number
  /** dlnT/dlncpu and dlnT/dlnwait of the law. */
  readonly cpuSlope: number
  readonly waitSlope: number
}

/** Spreads (sd) of the effects. */
export interface EffectSpreads {
  readonly cpu: number
  readonly wait: number
  readonly throttle: number
  readonly rest: number
  /** Length of g in ln u. */
  readonly length: number
  /** Noise of a cell of the training set beyond the spread of its runs. */
  readonly cell: number
}

export interface ObservedError {
  readonly point: EffectPoint
  /** ln(t / law). */
  readonly error: number
  /** Variance of that error beside the effects: noise of the runs behind it. */
  readonly variance: number
}

/** Spreads before anything was learned (design: cpu .15, wait .2, log residual .08). */
export const PRIOR_SPREADS: EffectSpreads = {
  cpu: 0.15,
  wait: 0.2,
  throttle: 0.03,
  rest: 0.06,
  length: 1,
  cell: 0.03,
}

function throttleColumn({ logQuota, cpuSlope }: EffectPoint): number {
  return cpuSlope * Math.max(0, -logQuota)
}

/** The columns of a, b and c. */
export function effectColumns(point: EffectPoint): readonly number[] {
  return [point.cpuSlope, point.waitSlope, throttleColumn(point)]
}

/** Covariance of the effects at two points; the noise is not in it. */
export function effectCovariance(spreads: EffectSpreads, a: EffectPoint, b: EffectPoint): number {
  const distance = (Math.sqrt(5) * Math.abs(a.logQuota - b.logQuota)) / spreads.length
  const matern = (1 + distance + (distance * distance) / 3) * Math.exp(-distance)
  return (
    spreads.cpu ** 2 * a.cpuSlope * b.cpuSlope +
    spreads.wait ** 2 * a.waitSlope * b.waitSlope +
    spreads.throttle ** 2 * throttleColumn(a) * throttleColumn(b) +
    spreads.rest ** 2 * matern
  )
}

/** What the observations of a function say about it. */
export interface FunctionEffects {
  /** Correction of ln T at a point and the sd of what stays open. */
  at(point: EffectPoint): { readonly mean: number; readonly sd: number }
}

/** Squared errors beyond 9 sd^2 count as 9: a wild run says little. */
const CLIP = 9

/**
 * The effects given the observations, by conditioning. The one farthest off what the others say, by far more than the
 * others are off each other without it, is trusted less; then the next, as long as most are left. Where all are off,
 * the function is unusual and not its runs. O(n^5) for n observations.
 */
export function conditionEffects(spreads: EffectSpreads, observed: readonly ObservedError[]): FunctionEffects {
  let trusted = observed
  for (let round = 0; 2 * (round + 1) < observed.length; round++) {
    const surprises = surprisesOf(spreads, trusted)
    const worst = surprises.indexOf(Math.max(...surprises))
    const usual = median(surprisesOf(spreads, trusted.toSpliced(worst, 1)))
    const excess = surprises[worst]! / (CLIP * Math.max(1, usual))
    if (!(excess > 1)) break
    const one = trusted[worst]!
    trusted = trusted.with(worst, { ...one, variance: one.error ** 2 * Math.max(1, excess) })
  }
  return conditioned(widened(spreads, trusted), trusted)
}

/** The spreads of the training functions count as much as so many observations (a Student-t process of this many degrees). */
const DEGREES = 4

/** Spreads of a function that is further off than the training functions were: scaled until it fits in. */
function widened(spreads: EffectSpreads, observed: readonly ObservedError[]): EffectSpreads {
  const white = forwardSubstitute(
    factor(spreads, observed),
    observed.map((one) => one.error),
  )
  const squares = white.reduce((sum, value) => sum + value * value, 0)
  const scale = Math.sqrt(Math.max(1, (DEGREES + squares) / (DEGREES + observed.length)))
  const { cpu, wait, throttle, rest } = spreads
  return { ...spreads, cpu: scale * cpu, wait: scale * wait, throttle: scale * throttle, rest: scale * rest }
}

/** Squared error of each observation against what the others say, in units of its expected square. */
function surprisesOf(spreads: EffectSpreads, observed: readonly ObservedError[]): readonly number[] {
  return observed.map(({ point, error, variance }, i) => {
    const { mean, sd } = conditioned(spreads, observed.toSpliced(i, 1)).at(point)
    return (error - mean) ** 2 / (sd * sd + variance)
  })
}

function conditioned(spreads: EffectSpreads, observed: readonly ObservedError[]): FunctionEffects {
  const lower = factor(spreads, observed)
  const white = forwardSubstitute(
    lower,
    observed.map((one) => one.error),
  )
  return {
    at: (point) => {
      const projected = forwardSubstitute(
        lower,
        observed.map((one) => effectCovariance(spreads, one.point, point)),
      )
      const mean = white.reduce((sum, value, i) => sum + value * projected[i]!, 0)
      const explained = projected.reduce((sum, value) => sum + value * value, 0)
      return { mean, sd: Math.sqrt(Math.max(0, effectCovariance(spreads, point, point) - explained)) }
    },
  }
}

const JITTER = 1e-8

function factor(spreads: EffectSpreads, observed: readonly ObservedError[], extra = 0): Float64Array {
  const size = observed.length
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++)
      matrix[i * size + j] = effectCovariance(spreads, observed[i]!.point, observed[j]!.point)
    matrix[i * size + i]! += observed[i]!.variance + extra + JITTER
  }
  const lower = choleskyFactor(matrix, size)
  if (lower === null) throw new Error("observations of a function have variances that are not positive")
  return lower
}

const SEARCH_STEPS = 200
const LEAST_SPREAD = 1e-3

/**
 * Spreads by marginal likelihood over the training functions (the errors of each at all its sizes), by a random local
 * search in their logarithms from the priors. Wild functions count as three sd at most. No functions: the priors.
 */
export function learnSpreads(functions: readonly (readonly ObservedError[])[], random: Random): EffectSpreads {
  let best = PRIOR_SPREADS
  let most = totalLikelihood(best, functions)
  for (let step = 0; step < SEARCH_STEPS && functions.length > 0; step++) {
    const size = 0.6 * (1 - step / SEARCH_STEPS) + 0.05
    const move = (value: number): number =>
      Math.max(LEAST_SPREAD, value * Math.exp(size * normalQuantile(0.5 / 2 ** 52 + random.next())))
    const next: EffectSpreads = {
      cpu: move(best.cpu),
      wait: move(best.wait),
      throttle: move(best.throttle),
      rest: move(best.rest),
      length: Math.min(5, Math.max(0.3, move(best.length))),
      cell: move(best.cell),
    }
    const likelihood = totalLikelihood(next, functions)
    if (likelihood > most) {
      most = likelihood
      best = next
    }
  }
  return best
}

function totalLikelihood(spreads: EffectSpreads, functions: readonly (readonly ObservedError[])[]): number {
  let sum = 0
  for (const observed of functions) {
    const lower = factor(spreads, observed, spreads.cell ** 2)
    const white = forwardSubstitute(
      lower,
      observed.map((one) => one.error),
    )
    for (let i = 0; i < white.length; i++)
      sum -= 0.5 * Math.min(CLIP, white[i]! ** 2) + Math.log(lower[i * white.length + i]!)
  }
  return sum
}
