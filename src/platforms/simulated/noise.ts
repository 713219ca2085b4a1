import type { Chance } from "./chance.ts"
import type { NoiseParameters } from "./parameters.ts"
import { draw } from "./quantile-sampler.ts"

/** Factors on compute times, median 1. */
export interface Noise {
  /** Of an instance, for its life: drawn once under its name. */
  instanceFactor(name: string): number
  /** Of one invocation at an instant, from the stream that `chance` is at. */
  factor(instanceFactor: number, atMs: number, chance: Chance): number
}

/**
 * Noise by invocation, by instance, and a slow drift of the whole platform. `own` serves instances and drift, so that
 * asking for them does not disturb the stream of an invocation.
 */
export function noiseOf(parameters: NoiseParameters, own: Chance): Noise {
  const { invocationSd, instanceSd, driftSd, driftMs, disturbed } = parameters
  const drift = driftOf(driftSd, driftMs, own)
  return {
    instanceFactor: (name) => {
      if (instanceSd === 0) return 1
      own.begin(name, INSTANCE_SALT)
      return Math.exp(instanceSd * own.normal())
    },
    factor: (instanceFactor, atMs, chance) => {
      const common = instanceFactor * drift(atMs)
      const factor = common * Math.exp(invocationSd * chance.normal())
      const u = chance.next()
      if (u >= disturbed.share) return factor
      // The share of the share is uniform again.
      return factor * draw(disturbed.factor, u / disturbed.share)
    },
  }
}

const INSTANCE_SALT = 0x1257
const DRIFT_SALT = 0x0d21

/**
 * A stationary process of that spread: a normal number for every `driftMs`, blended in between so that the spread is the
 * same at every instant. What it is at an instant does not depend on when it was asked.
 */
function driftOf(sd: number, everyMs: number, own: Chance): (atMs: number) => number {
  if (sd === 0) return () => 1
  let cell = Number.NaN
  let from = 0
  let to = 0
  const node = (index: number): number => {
    own.begin("drift", DRIFT_SALT ^ index)
    return own.normal()
  }
  return (atMs) => {
    const at = atMs / everyMs
    const index = Math.floor(at)
    if (index !== cell) {
      from = index === cell + 1 ? to : node(index)
      to = node(index + 1)
      cell = index
    }
    const angle = ((at - index) * Math.PI) / 2
    return Math.exp(sd * (Math.cos(angle) * from + Math.sin(angle) * to))
  }
}
