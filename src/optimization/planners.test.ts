import { describe, expect, test } from "vitest"
import type { StepConfig } from "../workflow/config.ts"
import type { Problem } from "./planner.ts"
import { type Knob, PLANNERS, POLICIES } from "./planners.ts"
import { syntheticEstimates } from "./testing/synthetic-estimates.ts"
import { problemOf, SMALL_SPACE, startView, syntheticEstimator, workflowOf } from "./testing/synthetic-problem.ts"

const WORKFLOW = workflowOf(
  ["a", "b", "c"],
  [
    ["a", "b"],
    ["a", "c"],
  ],
  SMALL_SPACE,
)
/** Between the fastest and the cheapest plan of every choice of knobs. */
const problem: Problem = problemOf(WORKFLOW, { sloMs: 12_000 })

const read: Readonly<Record<Knob, (config: StepConfig) => number>> = {
  memory: (config) => config.memoryMB,
  instances: (config) => config.instances,
  processes: (config) => config.processes,
}

/** Knobs that are not listed keep one value, whatever the goal. */
function fixedValues(knobs: readonly Knob[], plans: readonly Readonly<Record<string, StepConfig>>[]): Set<number>[] {
  const fixed = (Object.keys(read) as Knob[]).filter((knob) => !knobs.includes(knob))
  return fixed.map((knob) => new Set(plans.flatMap((plan) => Object.values(plan).map(read[knob]))))
}

test("names are unique", () => {
  for (const list of [PLANNERS, POLICIES]) expect(new Set(list.map(({ name }) => name)).size).toBe(list.length)
})

describe.each(PLANNERS)("planner $name", ({ name, create, goals, knobs, exactness }) => {
  test("is what its entry says", () => {
    const planner = create({ estimateOf: syntheticEstimates(problem) })
    expect(planner.name).toBe(name)
    const results = [8000, 12_000, 30_000].flatMap((sloMs) =>
      goals.map((kind) => {
        const goal =
          kind === "cost" ? { kind, sloMs, percentile: 0.95 } : { kind, budgetUsd: sloMs * 3e-8, percentile: 0.95 }
        return planner.plan({ ...problem, goal })
      }),
    )
    const plans = results.flatMap((result) => (result.feasible ? [result.plan] : []))
    expect(plans.length).toBeGreaterThan(0)
    for (const values of fixedValues(knobs, plans)) expect(values.size).toBe(1)
    const gaps = results.flatMap((result) => (result.feasible ? [result.gap] : []))
    if (exactness === "exact") expect(gaps.every((gap) => gap !== null && gap <= 1e-4)).toBe(true)
    if (exactness === "heuristic") expect(gaps.every((gap) => gap === null)).toBe(true)
    else expect(gaps.some((gap) => gap !== null)).toBe(true)
  })
})

describe.each(POLICIES)("policy $name", ({ name, create, goals, knobs }) => {
  test("is what its entry says", () => {
    const policy = create({ estimator: syntheticEstimator(problem), limits: problem.limits })
    expect(policy.name).toBe(name)
    const at = (sloMs: number): Record<string, StepConfig> => {
      const goal = { kind: "cost", sloMs, percentile: 0.95 } as const
      return { a: policy.decide({ ...startView(problem), goal }).config }
    }
    for (const values of fixedValues(knobs, [8000, 12_000, 30_000].map(at))) expect(values.size).toBe(1)
    const budget = { ...startView(problem), goal: { kind: "latency", budgetUsd: 1, percentile: 0.95 } as const }
    if (goals.includes("latency")) expect(policy.decide(budget).infeasible).toBe(false)
    else expect(() => policy.decide(budget)).toThrow(/budgets/)
  })
})
