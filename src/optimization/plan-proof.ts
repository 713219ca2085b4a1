import { assertNever } from "../base/assert-never.ts"
import type { Plan } from "../workflow/workflow.ts"
import { certificateBound, certificateHolds } from "./dual/certificate.ts"
import type { Node } from "./frontier-merge/node.ts"
import { type Kernel, reduceWorkflow } from "./frontier-merge/reduce.ts"
import type { PlanResult, PricedPlan, Problem } from "./planner.ts"
import { pricePlan, selectionLength } from "./plans.ts"
import type { FlowCertificate } from "./selection-problem.ts"
import { type StepChoices, stepChoices } from "./step-choices.ts"
import { kernelFor } from "./trimtab/solve.ts"

/** What is left of a certificate when all that the estimates say is taken out of it: nothing in it is trusted. */
export type Proof =
  /** Claims: no plan within the deadline costs less than `boundUsd`. */
  | { readonly kind: "flow"; readonly deadlineMs: number; readonly boundUsd: number; readonly flow: FlowCertificate }
  /** Claims: the workflow's one merged curve answers, and is at most the factor `error` too dear. */
  | { readonly kind: "merged"; readonly error: number }
  /** Claims: with every step at its best alone, regardless of the others, no plan is below `bound` (USD or ms by the goal). */
  | { readonly kind: "least"; readonly bound: number }

/** What a proof proves with the estimates of a problem. */
export interface ProofCheck {
  /** Whether what it claims follows from these estimates. */
  readonly holds: boolean
  /** The bound that it proves for the problem's goal, USD or ms; null when none. */
  readonly lowerBound: number | null
  /** The plan with these estimates. */
  readonly priced: PricedPlan
  readonly keepsGoal: boolean
}

/** Rounding of sums. */
const TOLERANCE = 1 + 1e-9

/** What can be shown of a plan's bound; `least` where its planner shows nothing. */
export function proofOf(problem: Problem, { certificate }: Extract<PlanResult, { feasible: true }>): Proof {
  if (certificate?.kind === "flow") {
    const { deadlineMs, boundUsd, flow } = certificate
    return { kind: "flow", deadlineMs, boundUsd, flow }
  }
  if (certificate?.kind === "merged") return { kind: "merged", error: certificate.error }
  return { kind: "least", bound: leastOf(stepChoices(problem)) }
}

/** Steps behind each part of the problem that a flow is about, by name: steps side by side alone are one part. */
export function partsOf(problem: Problem): readonly (readonly string[])[] {
  const choices = stepChoices(problem)
  return kernelOf(choices).nodes.map((node) => stepIndices(node).map((i) => choices.graph.names[i]!))
}

/**
 * Checks a proof against a problem: curves, parts and goal come from the problem, only the flow from the proof. Any flow
 * proves something, so that a bound is told where the claim fails as well.
 * @throws TrimtabError `usage` when the plan has a configuration outside its step's space.
 */
export function checkProof(problem: Problem, plan: Plan, proof: Proof): ProofCheck {
  const choices = stepChoices(problem)
  const priced = pricePlan(choices, plan)
  const { goal } = problem
  const keepsGoal =
    goal.kind === "cost" ? priced.latencyMs <= goal.sloMs * TOLERANCE : priced.costUsd <= goal.budgetUsd * TOLERANCE
  // Beyond shares of a limited platform nothing is proven.
  if (problem.limits.vcpuTotal !== null) return { holds: false, lowerBound: null, priced, keepsGoal }
  const { holds, lowerBound } = proven(choices, proof)
  return { holds, lowerBound: Number.isFinite(lowerBound) ? lowerBound : null, priced, keepsGoal }
}

function proven(choices: StepChoices, proof: Proof): { readonly holds: boolean; readonly lowerBound: number } {
  switch (proof.kind) {
    case "flow": {
      const kernel = kernelOf(choices)
      const { flow, boundUsd } = proof
      const { goal } = choices.problem
      const deadlineMs = goal.kind === "cost" ? goal.sloMs : proof.deadlineMs
      return {
        holds: certificateHolds(kernel.problem, deadlineMs, flow, boundUsd),
        lowerBound: boundOf(choices, kernel, flow),
      }
    }
    case "merged":
      return mergedBound(choices, proof.error)
    case "least": {
      const lowerBound = leastOf(choices)
      return { holds: proof.bound <= lowerBound * TOLERANCE, lowerBound }
    }
    default:
      return assertNever(proof)
  }
}

/** The flow's bound is a line over the deadline: its height at the SLO, or the deadline at which it meets the budget. */
function boundOf({ problem }: StepChoices, kernel: Kernel, flow: FlowCertificate): number {
  const { goal } = problem
  if (goal.kind === "cost") return certificateBound(kernel.problem, goal.sloMs, flow) / kernel.error
  const atZero = certificateBound(kernel.problem, 0, flow)
  const slope = atZero - certificateBound(kernel.problem, 1, flow)
  return slope > 0 ? Math.max(0, (atZero / kernel.error - goal.budgetUsd * TOLERANCE) / (slope / kernel.error)) : 0
}

function mergedBound(
  choices: StepChoices,
  claimedError: number,
): { readonly holds: boolean; readonly lowerBound: number } {
  const whole = reduceWorkflow(choices)
  const { goal } = choices.problem
  if (whole === null) return { holds: false, lowerBound: -Infinity }
  const holds = whole.error <= claimedError * TOLERANCE
  if (goal.kind === "cost") {
    const entry = whole.latencyMs.findLastIndex((ms) => ms <= goal.sloMs * TOLERANCE)
    return { holds, lowerBound: entry < 0 ? Infinity : whole.costUsd[entry]! / whole.error }
  }
  // Thinned curves are too dear: costs are taken as low as they may be.
  const entry = whole.costUsd.findIndex((usd) => usd / whole.error <= goal.budgetUsd * TOLERANCE)
  return { holds, lowerBound: entry < 0 ? Infinity : whole.latencyMs[entry]! }
}

/** The sum of the steps' least costs, or the longest path of their least times. */
function leastOf(choices: StepChoices): number {
  const { frontiers, problem } = choices
  return problem.goal.kind === "cost"
    ? frontiers.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0)
    : selectionLength(choices, new Int32Array(frontiers.length))
}

function kernelOf({ graph, frontiers }: StepChoices): Kernel {
  return kernelFor({ graph, curves: frontiers })
}

function stepIndices(node: Node): number[] {
  if (node.kind === "step") return [node.index]
  return node.kind === "zero" ? [] : [...stepIndices(node.a), ...stepIndices(node.b)]
}
