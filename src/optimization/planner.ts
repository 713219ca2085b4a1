import type { CompiledSpace } from "../estimation/estimator.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Plan, Workflow } from "../workflow/workflow.ts"
import type { PlatformLimits } from "../workflow/limits.ts"

/** A workflow, a goal, a compiled space for every step (same percentile as the goal) and the platform's limits. */
export interface Problem {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly spaces: ReadonlyMap<string, CompiledSpace>
  readonly limits: PlatformLimits
}

/** A plan with what it would take and cost: latency at the goal's percentile, cost at the mean. */
export interface PricedPlan {
  readonly plan: Plan
  readonly latencyMs: number
  readonly costUsd: number
}

/** Infeasible is a value, not an exception: it names the fastest and the cheapest plan there are. */
export type PlanResult =
  | (PricedPlan & {
      readonly feasible: true
      /** Proven: no plan that meets the goal is better than this (USD or ms, by the goal); null where the planner proves none. */
      readonly lowerBound: number | null
      /** (objective - lowerBound) / lowerBound; null without a bound. */
      readonly gap: number | null
    })
  | { readonly feasible: false; readonly fastest: PricedPlan; readonly cheapest: PricedPlan }

export interface PlanOptions {
  /** Polled at every node: true ends the search with the best plan so far. */
  readonly shouldStop?: () => boolean
}

/** Chooses a plan before a run. Synchronous and pure. */
export interface Planner {
  readonly name: string
  plan(problem: Problem, options?: PlanOptions): PlanResult
}
