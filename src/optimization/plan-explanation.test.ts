import { describe, expect, test } from "vitest"
import type { Plan } from "../workflow/workflow.ts"
import { explainPlan } from "./plan-explanation.ts"
import type { PricedPlan, Problem } from "./planner.ts"
import { cheapestPlan, fastestPlan, pricePlan } from "./plans.ts"
import { stepChoices } from "./step-choices.ts"
import { problemOf, videoWorkflow } from "./testing/synthetic-problem.ts"
import { trimtabPlanner } from "./trimtab-planner.ts"

const law = (step: string): object => ({ workMs: 4000 * (1 + (Number(step) % 3)) })
const problem = problemOf(videoWorkflow(), { law })
const choices = stepChoices(problem)
const [fastest, cheapest] = [fastestPlan(choices), cheapestPlan(choices)]

function planned(sloMs: number): { readonly problem: Problem; readonly result: PricedPlan } {
  const asked: Problem = { ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } }
  const result = trimtabPlanner({ effort: "exact" }).plan(asked)
  if (!result.feasible) throw new Error("the SLO lies between the ends")
  return { problem: asked, result }
}

/** Sums in another order differ by roundings. */
const DIGITS = 6

describe("an explanation of a plan", () => {
  const { result } = planned((fastest.latencyMs + cheapest.latencyMs) / 2)
  const steps = explainPlan(problem, result.plan)

  test("prices alternatives as whole plans are priced", () => {
    let alternatives = 0
    for (const { step, cheaper, faster } of steps)
      for (const other of [cheaper, faster]) {
        if (other === null) continue
        const plan: Plan = { ...result.plan, [step]: other.config }
        const priced = pricePlan(choices, plan)
        expect(other.planLatencyMs).toBeCloseTo(priced.latencyMs, DIGITS)
        expect(other.planCostUsd / priced.costUsd).toBeCloseTo(1, 9)
        alternatives++
      }
    expect(alternatives).toBeGreaterThan(steps.length)
  })

  test("a step may take its slack longer and no more", () => {
    for (const { slackMs, cheaper, latencyMs } of steps) {
      if (cheaper === null) continue
      const longer = Math.max(0, cheaper.latencyMs - latencyMs - slackMs)
      expect(cheaper.planLatencyMs - result.latencyMs).toBeCloseTo(longer, DIGITS)
    }
    expect(steps.some(({ critical }) => critical) && steps.some(({ critical }) => !critical)).toBe(true)
  })

  test("of an optimal plan no step has a cheaper configuration that keeps the SLO", () => {
    for (const share of [0.1, 0.4, 0.8]) {
      const sloMs = fastest.latencyMs + share * (cheapest.latencyMs - fastest.latencyMs)
      const { problem: asked, result: best } = planned(sloMs)
      for (const { cheaper, onFrontier } of explainPlan(asked, best.plan)) {
        expect(onFrontier).toBe(true)
        if (cheaper !== null) expect(cheaper.planLatencyMs).toBeGreaterThan(sloMs)
      }
    }
  })

  test("the cheapest plan has nothing cheaper, and a wasteful configuration is told", () => {
    expect(explainPlan(problem, cheapest.plan).every(({ cheaper }) => cheaper === null)).toBe(true)
    const wasteful = { memoryMB: 2560, instances: 1, processes: 1 }
    const dominated = explainPlan(problem, { ...cheapest.plan, 0: wasteful })[0]!
    expect(dominated.cheaper).not.toBeNull()
  })
})
