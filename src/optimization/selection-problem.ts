import type { Graph } from "../workflow/graph.ts"

/** What one step may take and cost: `latencyMs` rises and `costUsd` falls, both strictly; at least one entry. */
export interface CostCurve {
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  /** Entries on its lower convex hull, the slowest first, where they are known: `cornersOf` finds them else. */
  readonly corners?: Int32Array
}

/** What planners search in: a DAG whose steps each choose one entry of their curve. */
export interface SelectionProblem {
  readonly graph: Graph
  /** By step index. */
  readonly curves: readonly CostCurve[]
}

/**
 * A proof that no selection within a deadline S is cheaper than some bound: a conserved flow f >= 0 of "price of time"
 * (USD per ms) through the event graph, whose source is before all steps and whose sink is after all. By weak duality
 *   cost >= sum_i min_k (c_ik + f_i t_ik) - F S,   F the flow out of the source.
 * What is not conserved costs at most S times the surplus of each event, so floating-point flows prove too.
 */
export interface FlowCertificate {
  /** Flow through each step, by step index. */
  readonly stepFlow: Float64Array
  /** Flow along each dependency, for each step the list of its parents in turn (`graph.parents`). */
  readonly dependencyFlow: readonly (readonly number[])[]
}

/** A lower bound of the cost at one deadline, from the linear relaxation over the convex hulls of the curves. */
export interface DualSolution {
  readonly boundUsd: number
  /** Slope of the bound: USD saved per ms of a later deadline; F of the certificate. */
  readonly priceUsdPerMs: number
  /** Time that an optimal relaxed schedule leaves each step, ms; the schedule keeps the deadline. */
  readonly windowsMs: Float64Array
  readonly certificate: FlowCertificate
}

/** Effort of a search, in counts: a time limit would make plans depend on the machine. */
export interface SearchLimits {
  /** Nodes of the branch and bound beyond the root; 0 rounds and reclaims only. */
  readonly maxNodes: number
  /** Relative gap at which the search is content. */
  readonly gap: number
  /** Polled at every pivot and node. */
  readonly shouldStop?: () => boolean
}

/** A selection that keeps its goal, and how much better any other could be at most. */
export interface SearchResult {
  /** Entry of each step's curve, by step index. */
  readonly selection: Int32Array
  readonly latencyMs: number
  readonly costUsd: number
  /** Of the objective: USD for a deadline, ms for a budget. */
  readonly lowerBound: number
  readonly gap: number
  /** Proof of the root's bound; the tree of a branch and bound may have raised `lowerBound` above what it shows. */
  readonly certificate: FlowCertificate | null
  readonly nodes: number
}
