import type { Goal } from "../../workflow/goal.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { type Moments, varianceOf } from "./moments.ts"
import type { RunSums } from "./worse.ts"

/** Where runs stand to the goal. */
export interface GoalState {
  /** `over`: past the bound, as far as the runs tell. `under`: surely below what plans aim at. `near`: between. */
  readonly kind: "over" | "under" | "near"
  /** Measured: USD a run for a budget, ms at the percentile for an SLO. */
  readonly value: number
  /** What it may well be, one standard error above: plans start from it, so the less is known the more careful they are. */
  readonly careful: number
  readonly bound: number
  /** What plans aim at: the bound less the headroom. */
  readonly aim: number
}

/** One-sided, p = 0.05: an overrun is looked for by every window, and mending one that is none costs little. */
const Z = 1.64

/** Mean cost within the budget, or latency at the percentile within the SLO. */
export function goalState(
  goal: Goal,
  { costUsd, runs }: { readonly costUsd: Moments; readonly runs: RunSums },
  headroom: number,
): GoalState {
  if (goal.kind === "latency") {
    const error = Math.sqrt(varianceOf(costUsd) / Math.max(1, costUsd.count))
    return stateOf({ value: costUsd.mean, error, bound: goal.budgetUsd, headroom })
  }
  // Latencies of runs are near lognormal: their percentile follows from mean and spread of the logs.
  const { count, mean } = runs.logLatency
  const sd = Math.sqrt(varianceOf(runs.logLatency))
  const z = normalQuantile(goal.percentile)
  const value = Math.exp(mean + z * sd)
  const error = value * sd * Math.sqrt((1 + (z * z) / 2) / Math.max(1, count))
  return stateOf({ value, error, bound: goal.sloMs, headroom })
}

function stateOf({
  value,
  error,
  bound,
  headroom,
}: {
  readonly value: number
  readonly error: number
  readonly bound: number
  readonly headroom: number
}): GoalState {
  const aim = bound * (1 - headroom)
  const kind = value - Z * error > bound ? "over" : value + Z * error < aim ? "under" : "near"
  return { kind, value, careful: value + error, bound, aim }
}
