import type { Random } from "../../base/random.ts"
import {
  conditionGaussianProcess,
  fitGaussianProcess,
  type GaussianProcess,
  type KernelParameters,
  type Observations,
} from "../../statistics/gaussian-process.ts"
import type { Belief } from "./expected-improvement.ts"

/** A Gaussian process around the mean of its observations. */
export interface Surrogate {
  readonly parameters: KernelParameters
  /** What was subtracted from the targets. */
  readonly centre: number
  mean(point: readonly number[]): number
  predict(point: readonly number[]): Belief
}

/** Fits one surrogate after the other to a growing set of observations. */
export interface SurrogateFitter {
  /** At least one observation. */
  fit(data: Observations): Surrogate
}

export interface FitterOptions {
  readonly random: Random
  /** Random-walk steps of the likelihood per start; default 35. */
  readonly steps?: number
  /** Starts of the first fit; default 2. Later fits go on from the last parameters. */
  readonly starts?: number
  /** Parameters to begin with, as from an earlier search of the same kind. */
  readonly start?: KernelParameters
  /** Fits after which the parameters stay as they are; no limit where absent. */
  readonly mostRefits?: number
}

/** Every fit refits below this many observations, later ones only every fourth time. */
const ALWAYS_BELOW = 30
const THEN_EVERY = 4

/** Kernel parameters by marginal likelihood, warm from the last fit; between refits the posterior alone is renewed. */
export function surrogateFitter(options: FitterOptions): SurrogateFitter {
  const { random, steps = 35, starts = 2, start, mostRefits = Infinity } = options
  let last = start ?? null
  let fits = 0
  let refits = 0
  const refit = (data: Observations): GaussianProcess => {
    if (last !== null) return fitGaussianProcess(data, { random, steps, start: last })
    const first = Array.from({ length: starts }, () => fitGaussianProcess(data, { random, steps }))
    return first.reduce((best, gp) => (gp.logLikelihood > best.logLikelihood ? gp : best))
  }
  return {
    fit: (data) => {
      const centred = centre(data)
      const due = refits < mostRefits && (data.targets.length < ALWAYS_BELOW || fits % THEN_EVERY === 0)
      const gp = last === null || due ? refit(centred.data) : conditionGaussianProcess(centred.data, last)
      fits++
      if (due) refits++
      last = gp.parameters
      return around(gp, centred.mean)
    },
  }
}

/** The surrogate of other observations with the same kernel and centre: a believer's fantasies, or outliers dropped. */
export function conditioned({ parameters, centre: mean }: Surrogate, data: Observations): Surrogate {
  const targets = data.targets.map((target) => target - mean)
  return around(conditionGaussianProcess({ inputs: data.inputs, targets }, parameters), mean)
}

function centre({ inputs, targets }: Observations): { readonly data: Observations; readonly mean: number } {
  const mean = targets.reduce((sum, target) => sum + target, 0) / targets.length
  return { data: { inputs, targets: targets.map((target) => target - mean) }, mean }
}

function around(gp: GaussianProcess, mean: number): Surrogate {
  return {
    parameters: gp.parameters,
    centre: mean,
    mean: (point) => gp.mean(point) + mean,
    predict: (point) => {
      const { mean: deviation, variance } = gp.predict(point)
      return { mean: deviation + mean, variance }
    },
  }
}
