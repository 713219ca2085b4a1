import type { StepTime } from "../../statistics/end-to-end-sample.ts"
import type { Graph } from "../../workflow/graph.ts"

/** Mean and standard deviation of a cost in USD. */
export interface CostMoments {
  readonly mean: number
  readonly sd: number
}

/** What one execution of a candidate takes and costs. */
export interface CandidateEstimate {
  readonly time: StepTime
  readonly costUsd: CostMoments
}

/**
 * The candidates of one step, a configuration each, by index. Moments are those of one execution, over all task counts
 * where these are known at run time only.
 */
export interface UncertainStep {
  readonly meanMs: Float64Array
  readonly sdMs: Float64Array
  readonly meanUsd: Float64Array
  readonly sdUsd: Float64Array
  /** With that many tasks, the expected count where absent. */
  estimate(candidate: number, tasks?: number): CandidateEstimate
}

/** A DAG whose steps each choose one of their candidates, by step index. */
export interface UncertainProblem {
  readonly graph: Graph
  readonly steps: readonly UncertainStep[]
}

/** One candidate of each step, by step index. */
export type CandidateSelection = Int32Array

/** What a plan is to keep at a percentile: P(T <= sloMs) >= percentile, or P(C <= budgetUsd) >= percentile. */
export type ChanceGoal =
  | { readonly kind: "cost"; readonly sloMs: number; readonly percentile: number }
  | {
      readonly kind: "latency"
      readonly budgetUsd: number
      readonly percentile: number
      /** What the budget binds: the percentile of cost (default) or its expectation. */
      readonly budgetOf?: "percentile" | "expectation"
    }
