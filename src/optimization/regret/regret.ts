import { sampleQuantile } from "../../statistics/order-statistics.ts"
import type { LossTable } from "./loss-table.ts"

/**
 * What a plan costs more than the best one, in view of what is not known:
 *   regret_b = loss_b(plan) - loss_b(best plan of draw b) >= 0.
 */
export interface Regret {
  /** Mean over the draws: USD for a deadline, ms for a budget. */
  readonly expected: number
  /** The same as shares of what the plan that is taken is expected to cost, or to take under a budget. */
  readonly expectedShare: number
  /** Below this in 95 % of the draws. */
  readonly share95: number
  /** Expected regret in USD; under a budget the share of the plan's cost. */
  readonly expectedUsd: number
}

const LEVEL = 0.95

/** Of the plan that is taken, or of another one of the table. */
export function regretOf({ goal, plans, loss, best, present, taken }: LossTable, plan: number = taken): Regret {
  const regrets = Array.from(best, (least, b) => loss[b * plans.length + plan]! - least)
  const expected = regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length
  const objective = goal.kind === "cost" ? present.costUsd : present.latencyMs
  const expectedShare = expected / objective
  return {
    expected,
    expectedShare,
    share95: sampleQuantile(regrets, LEVEL) / objective,
    expectedUsd: expectedShare * present.costUsd,
  }
}
