import { PRIOR_SPREADS } from "./function-effects.ts"
import { learnNoise } from "./noise-model.ts"
import type { OperationModel } from "./operation-model.ts"
import type { PlatformParameters } from "./quota-curve.ts"
import { TICK_MS } from "./quota-simulation.ts"
import { NO_RESIDUAL } from "./residual.ts"
import type { OperationPlatform } from "./training-set.ts"

/**
 * What is expected of a platform where no set of functions was measured: CPU time and wait carry over one to one, h and
 * lambda as found once with a period of 50 ms. A prior and no fit: its spreads are as wide as functions differ.
 */
const PRIOR_PARAMETERS: PlatformParameters = {
  k0: 0,
  k1: 1,
  k2: 1,
  k3: 1,
  k4: 0,
  throttleGrowth: 0,
  headStart: 1.18,
  waitShare: 0.72,
  simulatedPeriods: 0,
  turns: 1,
  startSpread: 1,
  tickMs: TICK_MS,
}

/** The operation model of a platform before anything was measured on it, for portable profiles. */
export function priorOperationModel(platform: OperationPlatform): OperationModel {
  return {
    source: "portable",
    platform,
    parameters: PRIOR_PARAMETERS,
    counters: [],
    residual: NO_RESIDUAL,
    spreads: PRIOR_SPREADS,
    noise: learnNoise([]),
  }
}
