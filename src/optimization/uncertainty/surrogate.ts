import { paretoOrder } from "../pareto.ts"
import type { CostCurve, SelectionProblem } from "../selection-problem.ts"
import { countMoments } from "./counts.ts"
import type { StepUnfolding } from "./unfolding.ts"
import type { CandidateSelection, UncertainProblem, UncertainStep } from "./uncertain-problem.ts"

/** Standard deviations that are added to the means of times and of costs. */
export interface Margins {
  /** One for all steps, or one for each by step index. */
  readonly kappaMs: number | ArrayLike<number>
  readonly kappaUsd: number
}

/**
 * How a conditional step counts in the time of a plan: `whole`, as if it always ran, or `weighed`, with the moments of a
 * time that is 0 where it does not run. Costs are always weighed.
 */
export type ConditionalTime = "whole" | "weighed"

/** A problem without chance in place of an uncertain one, t = mean + kappa sd, and the candidate behind each entry. */
export interface Surrogate {
  readonly problem: SelectionProblem
  /** By step index, then by entry of the step's curve. */
  readonly candidates: readonly Int32Array[]
}

/** Times are at least this share of their mean, however far below it kappa points. */
const LEAST_SHARE = 1e-3

/**
 * The surrogate of planning.md section 10: each step's candidates at t = mean + kappa sd and c = mean + kappa sd, pruned
 * to their Pareto set. Loops and conditions enter by the moments of a sum of N independent executions,
 * E[N] mu and E[N] sd^2 + Var[N] mu^2. Sorting costs about 0.1 ms a step.
 */
export function surrogateOf(
  { graph, steps }: UncertainProblem,
  margins: Margins,
  { unfoldings, conditionalTime = "whole" }: UnfoldedTime = {},
): Surrogate {
  const pruned = steps.map((step, i) => {
    const kappaMs = typeof margins.kappaMs === "number" ? margins.kappaMs : margins.kappaMs[i]!
    return curveOf(step, { kappaMs, kappaUsd: margins.kappaUsd }, weightsOf(unfoldings?.[i], conditionalTime))
  })
  return {
    problem: { graph, curves: pruned.map(({ curve }) => curve) },
    candidates: pruned.map(({ candidates }) => candidates),
  }
}

export interface UnfoldedTime {
  /** By step index; every step runs once where absent. */
  readonly unfoldings?: readonly StepUnfolding[]
  /** Default `whole`. */
  readonly conditionalTime?: ConditionalTime
}

/** Mean and variance of the executions that count. */
interface Executions {
  readonly mean: number
  readonly variance: number
}

interface Weights {
  readonly time: Executions
  readonly cost: Executions
}

const ONCE: Executions = { mean: 1, variance: 0 }

function weightsOf(unfolding: StepUnfolding | undefined, conditionalTime: ConditionalTime): Weights {
  if (unfolding === undefined) return { time: ONCE, cost: ONCE }
  const { probability: p } = unfolding
  const where = countMoments(unfolding.loop)
  const mean = p * where.mean
  const all = { mean, variance: p * (where.variance + where.mean ** 2) - mean ** 2 }
  return { time: conditionalTime === "whole" ? where : all, cost: all }
}

/** One step's Pareto set with those margins. Candidates that are NaN cannot run. */
export function curveOf(
  step: UncertainStep,
  { kappaMs, kappaUsd }: { readonly kappaMs: number; readonly kappaUsd: number },
  { time, cost }: Weights = { time: ONCE, cost: ONCE },
): { readonly curve: CostCurve; readonly candidates: Int32Array } {
  const latencyMs = step.meanMs.map((mean, k) =>
    Math.max(
      LEAST_SHARE * time.mean * mean,
      time.mean * mean + kappaMs * Math.sqrt(sumVariance(time, mean, step.sdMs[k]!)),
    ),
  )
  const costUsd = step.meanUsd.map(
    (mean, k) => cost.mean * mean + kappaUsd * Math.sqrt(sumVariance(cost, mean, step.sdUsd[k]!)),
  )
  const candidates = paretoOrder({ count: latencyMs.length, latencyMs, costUsd })
  const pick = (from: Float64Array): Float64Array => Float64Array.from(candidates, (k) => from[k]!)
  return { curve: { latencyMs: pick(latencyMs), costUsd: pick(costUsd) }, candidates }
}

/** Variance of a sum of N independent times or costs. */
function sumVariance(executions: Executions, mean: number, sd: number): number {
  return Math.max(0, executions.mean * sd * sd + executions.variance * mean * mean)
}

/** The candidates behind the entries that a solver chose. */
export function candidatesOf({ candidates }: Surrogate, entries: Int32Array): CandidateSelection {
  return entries.map((entry, i) => candidates[i]![entry]!)
}
