import { assertNever } from "../../base/assert-never.ts"
import { normalCdf, normalQuantile } from "../../statistics/normal.ts"
import type { Goal } from "../../workflow/goal.ts"

/** What a plan would take and cost. */
export interface Outcome {
  readonly medianMs: number
  /** At the goal's percentile. */
  readonly percentileMs: number
  readonly costUsd: number
}

/** Least spread of a run's latency, sd of its logarithm: even without noise a miss has a price that rises steadily. */
const LEAST_SPREAD = 0.01

/** What exceeds a budget counts so many times as a share of the latency. */
const OVER_BUDGET = 2

/**
 * What a plan is worth under a goal, the less the better. For a deadline USD: its cost, and the price of the miss: a run
 * that is late was paid for in vain, so the cost once more for each run that misses beyond those that the percentile
 * allows. For a budget ms: its latency, and twice the share by which it overspends.
 */
export function lossUnder(goal: Goal): (outcome: Outcome) => number {
  switch (goal.kind) {
    case "cost": {
      const missed = missedShare(goal)
      return (outcome) => outcome.costUsd * (1 + missed(outcome))
    }
    case "latency":
      return ({ percentileMs, costUsd }) => percentileMs * (1 + OVER_BUDGET * Math.max(0, costUsd / goal.budgetUsd - 1))
    default:
      return assertNever(goal)
  }
}

/** Share of the runs that end after the deadline beyond those allowed; latency is taken for lognormal. */
function missedShare({ sloMs, percentile }: Goal & { kind: "cost" }): (outcome: Outcome) => number {
  const score = normalQuantile(percentile)
  return ({ medianMs, percentileMs }) => {
    const own = score > 0 ? Math.log(percentileMs / medianMs) / score : 0
    const spread = Math.max(LEAST_SPREAD, own)
    return Math.max(0, percentile - normalCdf(Math.log(sloMs / medianMs) / spread))
  }
}
