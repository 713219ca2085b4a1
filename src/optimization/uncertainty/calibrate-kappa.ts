import { randomTable } from "../../statistics/monte-carlo.ts"
import { hitsOf } from "./attainment.ts"
import type { OnlineMargin } from "../margins.ts"
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

/**
 * How fast margins may fall with the steps that are left. What early steps lose those after them can make up for, at a
 * price: like the root is right where they never do, in proportion where they always do.
 */
const SHRINKS = [0.5, 1] as const

/** A margin as calibrated, and what runs cost with it on the common scenarios. */
export interface CalibratedMargin extends OnlineMargin {
  readonly shrink: number
  /** Share of the scenarios that keep the SLO with it. */
  readonly share: number
  readonly meanUsd: number
}

/**
 * The margin of `onlinePlan` for one problem and SLO: of those that fall slowly and fast, each at the least kappa that
 * keeps the level, the one whose runs cost less. At least 1,000 scenarios, the same for every margin.
 */
export function calibratedOnline(
  solver: SelectionSolver,
  problem: UncertainProblem,
  { sloMs, level, seed = 1, scenarios = SCENARIOS }: CalibrationOptions,
): CalibratedMargin {
  const common = scenariosOf(problem, randomTable({ seed, scenarios: Math.max(SCENARIOS, scenarios) }))
  const found = SHRINKS.map((shrink) => {
    const meansUsd = new Map<number, number>()
    const best = calibrateKappa(level, (kappa) => {
      const runs = onlineRuns(solver, problem, { scenarios: common, sloMs, margin: { kappa, shrink } })
      meansUsd.set(kappa, runs.costUsd.reduce((sum, usd) => sum + usd, 0) / common.count)
      return hitsOf(runs.latencyMs, sloMs) / common.count
    })
    return { ...best, shrink, meanUsd: meansUsd.get(best.kappa)! }
  })
  return found.reduce((best, other) => (isBetter(other, best, level) ? other : best))
}

function isBetter(a: CalibratedMargin, b: CalibratedMargin, level: number): boolean {
  if (a.share >= level && b.share >= level) return a.meanUsd < b.meanUsd
  return a.share > b.share
}

export interface CalibrationOptions {
  readonly sloMs: number
  readonly level: number
  readonly seed?: number
  /** At least 1,000, the default. */
  readonly scenarios?: number
}
