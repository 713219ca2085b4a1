import type { CostCurve, FlowCertificate, SelectionProblem } from "../selection-problem.ts"

/** Rounding of the check itself, relative. */
const ROUNDING = 1e-9

/**
 * The lower bound that a certificate proves for a deadline S, USD; -Infinity when it is no flow of this problem.
 * With the surplus e = inflow - outflow of each event, any flow f >= 0 and any schedule within S give
 *   cost >= sum_i min_k (c_ik + f_i t_ik) - S * sum over events max(0, e).
 * What reaches the end of the last steps is surplus there, so F S is in the last sum, and so is all that floating
 * point failed to conserve. Uses the full curves and nothing of the solver. O(total entries + E).
 */
export function certificateBound(problem: SelectionProblem, deadlineMs: number, certificate: FlowCertificate): number {
  const { graph, curves } = problem
  const { stepFlow, dependencyFlow } = certificate
  if (!fits(problem, certificate)) return -Infinity
  const atEnd = Float64Array.from(stepFlow)
  let surplus = 0
  let bound = 0
  for (const [i, parents] of graph.parents.entries()) {
    let arriving = 0
    for (const [at, parent] of parents.entries()) {
      arriving += dependencyFlow[i]![at]!
      atEnd[parent]! -= dependencyFlow[i]![at]!
    }
    surplus += Math.max(0, arriving - stepFlow[i]!)
    bound += leastPriced(curves[i]!, stepFlow[i]!)
  }
  for (const left of atEnd) surplus += Math.max(0, left)
  // Infinity * 0 is no number.
  return surplus === 0 ? bound : bound - deadlineMs * surplus
}

/** The least cost + price * time of all entries; NaN where one is no number. */
function leastPriced({ latencyMs, costUsd }: CostCurve, price: number): number {
  let least = Infinity
  for (let k = 0; k < latencyMs.length; k++) {
    const priced = costUsd[k]! + price * latencyMs[k]!
    if (priced < least || Number.isNaN(priced)) least = priced
  }
  return least
}

/** Whether a certificate proves a claimed bound (USD) for a deadline. */
export function certificateHolds(
  problem: SelectionProblem,
  deadlineMs: number,
  certificate: FlowCertificate,
  claimedUsd: number,
): boolean {
  const proven = certificateBound(problem, deadlineMs, certificate)
  return claimedUsd <= proven + ROUNDING * Math.abs(proven)
}

/** One flow for each step and dependency, all finite and not negative. */
function fits({ graph }: SelectionProblem, { stepFlow, dependencyFlow }: FlowCertificate): boolean {
  const flows = (values: ArrayLike<number>, count: number): boolean => {
    for (let i = 0; i < values.length; i++) if (!(values[i]! >= 0 && values[i]! < Infinity)) return false
    return values.length === count
  }
  const steps = graph.parents.length
  if (!flows(stepFlow, steps) || dependencyFlow.length !== steps) return false
  return dependencyFlow.every((list, i) => flows(list, graph.parents[i]!.length))
}
