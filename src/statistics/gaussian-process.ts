/**
 * Regression by a Gaussian process of mean zero with the Matern 5/2 kernel and one length per input
 * (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1 and eq. 4.17).
 *
 *   k(r) = a^2 (1 + sqrt5 r + 5/3 r^2) exp(-sqrt5 r),  r^2 = sum over inputs d of ((x_d - y_d) / length_d)^2
 */
import type { Random } from "../base/random.ts"
import { backSubstitute, choleskyFactor, forwardSubstitute } from "./cholesky.ts"
import { normalQuantile } from "./normal.ts"
import { dot } from "./dot.ts"

/** Everything that the kernel leaves open, as natural logarithms. */
export interface KernelParameters {
  readonly logLengths: readonly number[]
  /** Sd of the process. */
  readonly logAmplitude: number
  /** Sd of the noise of one observation; -Infinity for exact ones. */
  readonly logNoise: number
}

/** Observations: `inputs[i]` is a point, all of the same length; `targets[i]` its value. */
export interface Observations {
  readonly inputs: readonly (readonly number[])[]
  readonly targets: readonly number[]
}

export interface GaussianProcess {
  readonly parameters: KernelParameters
  /** Log marginal likelihood of the observations. */
  readonly logLikelihood: number
  /** Posterior mean. O(N) */
  mean(point: readonly number[]): number
  /** Posterior mean and variance of the process itself, the noise of an observation left out. O(N^2) */
  predict(point: readonly number[]): { readonly mean: number; readonly variance: number }
}

export interface GaussianProcessOptions {
  readonly random: Random
  /** Steps of the search; 150 where absent. */
  readonly steps?: number
  /** Where the search starts, as after earlier observations; from the spread of the data where absent. */
  readonly start?: KernelParameters
}

/** Share of the variance added to the diagonal, so that equal points do not make it singular. */
const JITTER = 1e-8
const LOG_LENGTH = { least: -2, most: 4 } as const
/** Bounds of the amplitude and of the noise around the log of the sd of the targets. */
const LOG_AMPLITUDE = { least: -4, most: 3 } as const
const LOG_NOISE = { least: -8, most: 0.5 } as const

/**
 * Fits lengths, amplitude and noise by marginal likelihood with a random local search (a step is kept if it is better,
 * and the steps get smaller). Needs one observation. 150 steps: 2 ms for 10 observations, some 100 ms for 100.
 */
export function fitGaussianProcess(data: Observations, options: GaussianProcessOptions): GaussianProcess {
  const { random, steps = 150 } = options
  const dimensions = data.inputs[0]?.length ?? 0
  const logSd = Math.log(Math.max(1e-12, rootMeanSquare(data.targets)))
  let best = options.start ?? initial(dimensions, logSd)
  const distances = squaredDistances(data.inputs)
  let likelihood = posterior(data, best, distances)?.logLikelihood ?? -Infinity
  for (let step = 0; step < steps; step++) {
    const size = 0.1 + 0.9 * (1 - step / steps)
    const move = (): number => size * normalQuantile(0.001 + 0.998 * random.next())
    const candidate: KernelParameters = {
      logLengths: best.logLengths.map((value) => within(LOG_LENGTH, value + move())),
      logAmplitude: logSd + within(LOG_AMPLITUDE, best.logAmplitude - logSd + move()),
      logNoise: logSd + within(LOG_NOISE, best.logNoise - logSd + move()),
    }
    const next = posterior(data, candidate, distances)?.logLikelihood ?? -Infinity
    if (next > likelihood) {
      best = candidate
      likelihood = next
    }
  }
  return conditionGaussianProcess(data, best)
}

/** The posterior for given parameters. O(N^3 / 6). Throws when the kernel matrix is singular in spite of the jitter. */
export function conditionGaussianProcess(data: Observations, parameters: KernelParameters): GaussianProcess {
  const solved = posterior(data, parameters, squaredDistances(data.inputs))
  if (solved === null) throw new Error("the kernel matrix of a Gaussian process is singular")
  const { lower, alpha, logLikelihood } = solved
  const inverse = parameters.logLengths.map((value) => Math.exp(-value))
  const variance = Math.exp(2 * parameters.logAmplitude)
  const covariances = (point: readonly number[]): Float64Array => {
    const out = new Float64Array(data.inputs.length)
    for (let i = 0; i < out.length; i++) {
      const input = data.inputs[i]!
      let square = 0
      for (let d = 0; d < inverse.length; d++) square += ((point[d]! - input[d]!) * inverse[d]!) ** 2
      out[i] = variance * matern(square)
    }
    return out
  }
  return {
    parameters,
    logLikelihood,
    mean: (point) => dot(covariances(point), alpha),
    predict: (point) => {
      const k = covariances(point)
      const v = forwardSubstitute(lower, k)
      return { mean: dot(k, alpha), variance: Math.max(0, variance - dot(v, v)) }
    },
  }
}

interface Posterior {
  readonly lower: Float64Array
  /** (K + noise)^-1 targets. */
  readonly alpha: Float64Array
  readonly logLikelihood: number
}

function posterior(data: Observations, parameters: KernelParameters, distances: SquaredDistances): Posterior | null {
  const size = data.targets.length
  const variance = Math.exp(2 * parameters.logAmplitude)
  const inverse = parameters.logLengths.map((value) => Math.exp(-2 * value))
  const kernel = new Float64Array(size * size)
  let pair = 0
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++, pair++) {
      let square = 0
      for (let d = 0; d < inverse.length; d++) square += distances[d]![pair]! * inverse[d]!
      // The factorisation reads the lower triangle alone.
      kernel[i * size + j] = variance * matern(square)
    }
    kernel[i * size + i] = variance * (1 + JITTER) + Math.exp(2 * parameters.logNoise)
  }
  const lower = choleskyFactor(kernel, size)
  if (lower === null) return null
  const half = forwardSubstitute(lower, data.targets)
  let logDeterminant = 0
  for (let i = 0; i < size; i++) logDeterminant += Math.log(lower[i * size + i]!)
  const logLikelihood = -0.5 * dot(half, half) - logDeterminant - (size / 2) * Math.log(2 * Math.PI)
  return { lower, alpha: backSubstitute(lower, half), logLikelihood }
}

/** Per input the squared differences of all pairs i > j. */
type SquaredDistances = readonly Float64Array[]

function squaredDistances(inputs: Observations["inputs"]): SquaredDistances {
  const size = inputs.length
  return Array.from({ length: inputs[0]?.length ?? 0 }, (_, d) => {
    const out = new Float64Array((size * (size - 1)) / 2)
    let pair = 0
    for (let i = 0; i < size; i++)
      for (let j = 0; j < i; j++, pair++) out[pair] = (inputs[i]![d]! - inputs[j]![d]!) ** 2
    return out
  })
}

/** Correlation at a squared distance in lengths. */
export function matern(square: number): number {
  const r = Math.sqrt(5 * square)
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

function initial(dimensions: number, logSd: number): KernelParameters {
  return {
    logLengths: Array.from({ length: dimensions }, () => 0),
    logAmplitude: logSd,
    logNoise: logSd - 1,
  }
}

function within(bounds: { readonly least: number; readonly most: number }, value: number): number {
  return Math.min(bounds.most, Math.max(bounds.least, value))
}

function rootMeanSquare(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value * value
  return Math.sqrt(sum / Math.max(1, values.length))
}
