/**
 * Joint draws from the posterior of a Gaussian process at its own observations, and what each draw says elsewhere; the
 * leave-one-out predictions of the observations (Rasmussen and Williams 2006, eq. 5.12).
 */
import { backSubstitute, choleskyFactor, forwardSubstitute } from "./cholesky.ts"
import { type KernelParameters, matern, type Observations } from "./gaussian-process.ts"
import { dot } from "./dot.ts"

/** Share of the variance added to the diagonal of the noise-free kernel, whose rows are nearly dependent. */
const JITTER = 1e-6

export interface PosteriorDraws {
  /** [draw][observation]: the process itself, without the noise of the observation. */
  readonly values: readonly Float64Array[]
  /** Mean of the process at a point in every draw, given its values at the observations, and the common variance. */
  predict(point: readonly number[]): { readonly means: Float64Array; readonly variance: number }
}

/**
 * One draw for each row of `normals`, which holds 2 N standard normal numbers for N observations, by Matheron's rule:
 * a draw of the prior, corrected by what the observations say of it. O(N^3 + draws N^2); a prediction is
 * O(N^2 + draws N). Throws when the kernel matrix is singular in spite of the jitter.
 */
export function posteriorDraws(
  data: Observations,
  parameters: KernelParameters,
  normals: readonly ArrayLike<number>[],
): PosteriorDraws {
  const size = data.targets.length
  const prior = kernelMatrix(data.inputs, parameters)
  const lower = factor(prior, size, JITTER)
  const noise = Math.exp(parameters.logNoise)
  const observed = factor(withNoise(prior, size, noise), size, JITTER)
  const values = normals.map((z) => {
    const drawn = Float64Array.from({ length: size }, (_, i) => rowTimes(lower, size, { row: i, vector: z }))
    const missing = drawn.map((f, i) => data.targets[i]! - f - noise * z[size + i]!)
    const weights = backSubstitute(observed, forwardSubstitute(observed, missing))
    return drawn.map((f, i) => f + dot(prior.subarray(i * size, (i + 1) * size), weights))
  })
  const halves = values.map((f) => forwardSubstitute(lower, f))
  const variance = Math.exp(2 * parameters.logAmplitude)
  return {
    values,
    predict: (point) => {
      const half = forwardSubstitute(lower, covariances(data.inputs, parameters, point))
      return {
        means: Float64Array.from(halves, (values) => dot(half, values)),
        variance: Math.max(0, variance - dot(half, half)),
      }
    },
  }
}

/** For each observation what the others predict of it: mean, and variance with the noise of an observation. O(N^3) */
export function leaveOneOut(
  data: Observations,
  parameters: KernelParameters,
): readonly { readonly mean: number; readonly variance: number }[] {
  const size = data.targets.length
  const kernel = withNoise(kernelMatrix(data.inputs, parameters), size, Math.exp(parameters.logNoise))
  const lower = factor(kernel, size, JITTER)
  const alpha = backSubstitute(lower, forwardSubstitute(lower, data.targets))
  return data.targets.map((target, i) => {
    const unit = new Float64Array(size)
    unit[i] = 1
    const half = forwardSubstitute(lower, unit)
    const precision = dot(half, half)
    return { mean: target - alpha[i]! / precision, variance: 1 / precision }
  })
}

function kernelMatrix(inputs: Observations["inputs"], parameters: KernelParameters): Float64Array {
  const size = inputs.length
  const kernel = new Float64Array(size * size)
  for (const [i, input] of inputs.entries()) kernel.set(covariances(inputs, parameters, input), i * size)
  return kernel
}

function covariances(
  inputs: Observations["inputs"],
  { logLengths, logAmplitude }: KernelParameters,
  point: readonly number[],
): Float64Array {
  const variance = Math.exp(2 * logAmplitude)
  const inverse = logLengths.map((value) => Math.exp(-value))
  const out = new Float64Array(inputs.length)
  for (let i = 0; i < out.length; i++) {
    const input = inputs[i]!
    let square = 0
    for (let d = 0; d < inverse.length; d++) square += ((point[d]! - input[d]!) * inverse[d]!) ** 2
    out[i] = variance * matern(square)
  }
  return out
}

function withNoise(kernel: Float64Array, size: number, noise: number): Float64Array {
  const noisy = Float64Array.from(kernel)
  for (let i = 0; i < size; i++) noisy[i * size + i]! += noise * noise
  return noisy
}

function factor(kernel: Float64Array, size: number, ridge: number): Float64Array {
  const lower = choleskyFactor(kernel, size, ridge)
  if (lower === null) throw new Error("the kernel matrix of a Gaussian process is singular")
  return lower
}

function rowTimes(
  lower: Float64Array,
  size: number,
  { row, vector }: { readonly row: number; readonly vector: ArrayLike<number> },
): number {
  let sum = 0
  for (let k = 0; k <= row; k++) sum += lower[row * size + k]! * vector[k]!
  return sum
}
