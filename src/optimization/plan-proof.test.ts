import { describe, expect, test } from "vitest"
import type { Goal } from "../workflow/goal.ts"
import { checkProof, partsOf, type Proof, proofOf } from "./plan-proof.ts"
import type { PlanResult, Problem } from "./planner.ts"
import { cheapestPlan, fastestPlan } from "./plans.ts"
import { stepChoices } from "./step-choices.ts"
import { problemOf, videoWorkflow } from "./testing/synthetic-problem.ts"
import { trimtabPlanner } from "./trimtab-planner.ts"

const law = (step: string): object => ({ workMs: 4000 * (1 + (Number(step) % 3)) })
const base = problemOf(videoWorkflow(), { law })
const choices = stepChoices(base)
const [fastest, cheapest] = [fastestPlan(choices), cheapestPlan(choices)]
const sloMs = (fastest.latencyMs + cheapest.latencyMs) / 2
const GOALS: readonly Goal[] = [
  { kind: "cost", sloMs, percentile: 0.95 },
  { kind: "latency", budgetUsd: (fastest.costUsd + cheapest.costUsd) / 2, percentile: 0.95 },
]

type Feasible = Extract<PlanResult, { feasible: true }>

function planned(problem: Problem, effort: "default" | "exact" = "default"): Feasible {
  const result = trimtabPlanner({ effort }).plan(problem)
  if (!result.feasible) throw new Error("the goal lies between the ends")
  return result
}

/** Rounding of sums. */
const CLOSE = 1e-8

describe.each(GOALS)("a proof of a plan with goal $kind", (goal) => {
  const problem: Problem = { ...base, goal }
  const result = planned(problem)
  const proof = proofOf(problem, result)
  const objective = goal.kind === "cost" ? result.costUsd : result.latencyMs

  test("holds, and its bound is below the plan and near the planner's", () => {
    const checked = checkProof(problem, result.plan, proof)
    expect(checked).toMatchObject({ holds: true, keepsGoal: true })
    expect(checked.priced).toEqual({ plan: result.plan, latencyMs: result.latencyMs, costUsd: result.costUsd })
    expect(checked.lowerBound! / objective).toBeLessThanOrEqual(1 + CLOSE)
    expect(checked.lowerBound! / result.lowerBound!).toBeLessThanOrEqual(1 + CLOSE)
    // The relaxation is a few percent below the optimum at most on small spaces.
    expect(checked.lowerBound! / objective).toBeGreaterThan(0.8)
  })

  test("fails when it claims more, when its flow is changed, or when steps cost less", () => {
    if (proof.kind !== "flow") throw new Error("a goal between the ends is proven by a flow")
    const fails = (changed: Proof, against: Problem = problem): void =>
      expect(checkProof(against, result.plan, changed).holds).toBe(false)
    fails({ ...proof, boundUsd: proof.boundUsd * 1.001 })
    const { stepFlow } = proof.flow
    const most = stepFlow.indexOf(Math.max(...stepFlow))
    fails({ ...proof, flow: { ...proof.flow, stepFlow: stepFlow.with(most, stepFlow[most]! * 2) } })
    fails({ ...proof, flow: { ...proof.flow, stepFlow: stepFlow.map((flow) => -flow) } })
    fails({ ...proof, flow: { ...proof.flow, stepFlow: stepFlow.slice(1) } })
    const quick = problemOf(videoWorkflow(), { law: (step) => ({ workMs: 2000 * (1 + (Number(step) % 3)) }) })
    fails(proof, { ...quick, goal })
  })

  test("proves nothing on a platform that steps share", () => {
    const shared: Problem = { ...problem, limits: { ...problem.limits, vcpuTotal: 4 } }
    expect(checkProof(shared, result.plan, proof)).toMatchObject({ holds: false, lowerBound: null })
  })

  test("an exhaustive merge and the least of every step are proofs too", () => {
    const merged = checkProof(problem, result.plan, { kind: "merged", error: 1.01 })
    const exact = planned(problem, "exact")
    const best = goal.kind === "cost" ? exact.costUsd : exact.latencyMs
    expect(merged.holds).toBe(true)
    expect(merged.lowerBound! / best).toBeCloseTo(1, 4)
    const bound = goal.kind === "cost" ? cheapest.costUsd : fastest.latencyMs
    expect(checkProof(problem, result.plan, { kind: "least", bound }).lowerBound! / bound).toBeCloseTo(1, 8)
    expect(checkProof(problem, result.plan, { kind: "least", bound: 1.01 * bound }).holds).toBe(false)
  })
})

test("a larger SLO is not what was proven, and a smaller one is missed by the plan", () => {
  const problem: Problem = { ...base, goal: GOALS[0]! }
  const result = planned(problem)
  const proof = proofOf(problem, result)
  const at = (factor: number): Problem => ({ ...base, goal: { kind: "cost", sloMs: factor * sloMs, percentile: 0.95 } })
  expect(checkProof(at(1.2), result.plan, proof).holds).toBe(false)
  expect(checkProof(at(0.8), result.plan, proof)).toMatchObject({ holds: true, keepsGoal: false })
})

test("parts hold every step once", () => {
  expect(partsOf(base).flat().toSorted()).toEqual(base.workflow.steps.map(({ name }) => name).toSorted())
})
