import type { CompiledSpace } from "../estimation/estimator.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Plan, Workflow } from "../workflow/workflow.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Attainment } from "./uncertainty/attainment.ts"
import type { FlowCertificate, SelectionProblem } from "./selection-problem.ts"

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

/** What a lower bound rests on, for those who check it. */
export type PlanCertificate =
  /**
   * A flow that proves: no plan within the deadline costs less than `boundUsd` (dual/certificate.ts). Where a branch
   * and bound went on from there, the plan's own bound is higher.
   */
  | {
      readonly kind: "flow"
      /** The curves of the steps, those that are series-parallel to each other as one. */
      readonly problem: SelectionProblem
      readonly deadlineMs: number
      readonly boundUsd: number
      readonly flow: FlowCertificate
    }
  /** All combinations as one curve, whose costs are at most the factor `error` above the least. */
  | {
      readonly kind: "merged"
      readonly latencyMs: Float64Array
      readonly costUsd: Float64Array
      readonly error: number
    }

/** Infeasible is a value, not an exception: it names the fastest and the cheapest plan there are. */
export type PlanResult =
  | (PricedPlan & {
      readonly feasible: true
      /** Proven: no plan that meets the goal is better than this (USD or ms, by the goal); null where the planner proves none. */
      readonly lowerBound: number | null
      /** (objective - lowerBound) / lowerBound; null without a bound. */
      readonly gap: number | null
      /** How often the plan keeps the goal, where that was counted. */
      readonly attainment?: Attainment
      /** Null or absent where a planner has nothing to show. */
      readonly certificate?: PlanCertificate | null
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
