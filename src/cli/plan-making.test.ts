import { describe, expect, test } from "vitest"
import type { Problem } from "../optimization/planner.ts"
import { planRange } from "../optimization/stepconf/step-conf-planner.ts"
import { syntheticEstimates } from "../optimization/testing/synthetic-estimates.ts"
import { problemOf, videoWorkflow } from "../optimization/testing/synthetic-problem.ts"
import { checkExit, checkPlan } from "./plan-check.ts"
import { planExplanationText } from "./plan-explanation.ts"
import { certificateOf, chooserOf, explanationOf, frontierOfPlans, makePlan } from "./plan-making.ts"

const law = (step: string): object => ({ workMs: 4000 * (1 + (Number(step) % 3)) })
const base = problemOf(videoWorkflow(), { law })
const { fastest, cheapest } = planRange(base)
const source = { estimateOf: syntheticEstimates(base) }
const between = (share: number): Problem => ({
  ...base,
  goal: {
    kind: "cost",
    sloMs: fastest.latencyMs + share * (cheapest.latencyMs - fastest.latencyMs),
    percentile: 0.95,
  },
})

describe("makePlan", () => {
  test("bounds the plans of planners that prove none", () => {
    const problem = between(0.5)
    const ours = makePlan(problem, source)
    for (const name of ["stepconf-repaired", "random"]) {
      const made = makePlan(problem, source, name)
      expect(made.planner).toBe(name)
      expect(made.lowerBound).toBe(ours.lowerBound)
      expect(made.gap! + 1).toBeCloseTo(made.result.costUsd / ours.lowerBound!, 9)
    }
  })

  test("an unknown planner is told all names", () => {
    expect(() => chooserOf("fastest")).toThrow(/no planner fastest; use one of trimtab, .*stepconf-published.*default/)
  })

  test("a goal out of reach names both ends, and a planner that fails at a possible one is named", () => {
    const goal = { kind: "cost", sloMs: fastest.latencyMs / 2, percentile: 0.95 } as const
    expect(() => makePlan({ ...base, goal }, source)).toThrow(
      /no plan finishes in .* \(fastest: .*\); raise --slo.*the fastest plan takes .* and \$.*, the cheapest .* and \$/,
    )
    expect(() => makePlan(between(0.01), source, "default")).toThrow(
      /planner default finds no plan .* but trimtab finds one/,
    )
  })
})

test("a certificate of any planner's plan is accepted, and is of its workflow alone", () => {
  const problem = between(0.3)
  const file = certificateOf(problem, makePlan(problem, source, "stepconf-repaired"))
  const checked = checkPlan(problem, file)
  expect([checkExit(checked), checked.holds, checked.keepsGoal]).toEqual([0, true, true])
  expect(checkExit(checkPlan(between(0.01), file))).toBe(3)
  expect(checkExit(checkPlan(between(0.9), file))).toBe(1)
  expect(() => checkPlan(problem, { ...file, workflow: "other" })).toThrow(/of workflow other/)
})

test("a plan by scenarios says how often it keeps its goal, and is bounded by nobody", () => {
  const made = makePlan(between(0.5), source, "chance-constrained")
  expect(made).toMatchObject({ proven: null, lowerBound: null, gap: null })
  expect(made.result.attainment!.share).toBeGreaterThan(0.93)
  expect(() => certificateOf(between(0.5), made)).toThrow(/counts scenarios/)
  const { chosen, steps } = explanationOf(between(0.5), made)
  // Of the times that the explanation is about, not of the scenarios.
  expect(chosen.latencyMs).not.toBe(made.result.latencyMs)
  expect(steps.some(({ critical }) => critical)).toBe(true)
})

test("nothing is certified on a machine that steps share", () => {
  const problem: Problem = { ...between(0.9), limits: { ...base.limits, vcpuTotal: 64 } }
  expect(() => certificateOf(problem, makePlan(problem, source))).toThrow(/--offline/)
})

test("a frontier falls and holds the chosen plan", () => {
  const problem = between(0.4)
  const made = makePlan(problem, source)
  const { plans } = frontierOfPlans(problem, made)
  expect(plans.some((plan) => plan.costUsd === made.result.costUsd)).toBe(true)
  for (const [k, { latencyMs, costUsd, lowerBoundUsd }] of plans.entries()) {
    expect(lowerBoundUsd! / costUsd).toBeLessThanOrEqual(1 + 1e-9)
    if (k > 0) expect(latencyMs > plans[k - 1]!.latencyMs && costUsd < plans[k - 1]!.costUsd).toBe(true)
  }
})

test("an explanation names a reason for each step and the plans on both sides", () => {
  const problem = between(0.05)
  const made = makePlan(problem, source)
  const explanation = explanationOf(problem, made)
  const { faster, cheaper } = explanation
  // One percent is what counts as another plan; both sides are searched to a gap far below that.
  expect(faster!.latencyMs / made.result.latencyMs).toBeLessThanOrEqual(0.99 + 1e-9)
  expect(cheaper!.costUsd / made.result.costUsd).toBeLessThanOrEqual(0.99 + 1e-9)
  const text = planExplanationText(explanation)
  expect(text.match(/^ {2}why /gm)).toHaveLength(problem.workflow.steps.length)
  expect(text).toMatch(/would miss the SLO by/)
  expect(text).not.toMatch(/NaN|undefined|Infinity/)
})
