import { randomTable } from "../../statistics/monte-carlo.ts"
import { hitsOf } from "./attainment.ts"
import { onlineRuns } from "./online-runs.ts"
import { scenariosOf } from "./scenarios.ts"
import type { SelectionSolver } from "./selection-solver.ts"
import type { UncertainProblem } from "./uncertain-problem.ts"

/** Fewest scenarios a margin is calibrated on: 80 gave 0.90 in place of 0.95. */
const SCENARIOS = 1000

const BRACKET = [0, 6] as const
const ROUNDS = 7

export interface CalibratedKappa {
  readonly kappa: number
  /** Share of the scenarios that keep the SLO with it. */
  readonly share: number
}

/**
 * The least of the margins tried whose runs keep the goal in a share `level` of the common scenarios, by bisection on
 * [0, 6] to 0.05; where none does, the one that comes closest. `keepsIn(kappa)` runs a whole policy.
 */
export function calibrateKappa(level: number, keepsIn: (kappa: number) => number): CalibratedKappa {
  let [low, high]: [number, number] = [...BRACKET]
  let best: CalibratedKappa = { kappa: high, share: keepsIn(high) }
  for (let round = 0; round < ROUNDS; round++) {
    const kappa = (low + high) / 2
    const share = keepsIn(kappa)
    if (share >= level) high = kappa
    else low = kappa
    const better = best.share >= level ? share >= level && kappa < best.kappa : share > best.share
    if (better) best = { kappa, share }
  }
  return best
}

/** The margin of `onlinePlan` for one problem and SLO; at least 1,000 scenarios, the same for every margin. */
export function calibratedOnline(
  solver: SelectionSolver,
  problem: UncertainProblem,
  { sloMs, level, seed = 1, scenarios = SCENARIOS }: CalibrationOptions,
): CalibratedKappa {
  const common = scenariosOf(problem, randomTable({ seed, scenarios: Math.max(SCENARIOS, scenarios) }))
  return calibrateKappa(level, (kappa) => {
    const { latencyMs } = onlineRuns(solver, problem, { scenarios: common, sloMs, kappa })
    return hitsOf(latencyMs, sloMs) / common.count
  })
}

export interface CalibrationOptions {
  readonly sloMs: number
  readonly level: number
  readonly seed?: number
  /** At least 1,000, the default. */
  readonly scenarios?: number
}
