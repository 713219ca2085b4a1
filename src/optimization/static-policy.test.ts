import { describe, expect, test } from "vitest"
import { staticPolicy } from "./static-policy.ts"
import { planRange } from "./stepconf/step-conf-planner.ts"
import { simulateRun } from "./testing/simulate-run.ts"
import { problemOf, startView, syntheticEstimator, videoWorkflow } from "./testing/synthetic-problem.ts"

const problem = problemOf(videoWorkflow(), { sloMs: 60_000 })
const { cheapest } = planRange(problem)
const estimator = syntheticEstimator(problem)
const policy = staticPolicy(cheapest.plan, estimator)

test("a static policy follows its plan to the end", () => {
  const run = simulateRun(problem, policy)
  for (const [step, decision] of run.decisions) expect(decision.config).toEqual(cheapest.plan[step])
  expect(run.costUsd).toBeCloseTo(cheapest.costUsd, 12)
})

test("a configuration beside the grid of the space is run as planned", () => {
  const plan = { ...cheapest.plan, "0": { memoryMB: 700, instances: 3, processes: 2 } }
  const decision = staticPolicy(plan, estimator).decide(startView(problem))
  expect(decision.config).toEqual(plan["0"])
  expect(decision.predicted.latencyMs).toBeGreaterThan(0)
})

describe("more memory than planned", () => {
  test("is taken from the step's space when the planned size failed", () => {
    const decision = policy.decide(startView(problem, { memoryFloorMB: new Map([["0", 512]]) }))
    expect(decision.config.memoryMB).toBe(1024)
    expect(decision.reason).toBe("1024 MB, as 512 MB was not enough")
  })

  test("beyond the space is one clear error", () => {
    const view = startView(problem, { memoryFloorMB: new Map([["0", 2560]]) })
    expect(() => policy.decide(view)).toThrow(/step 0 needs more than 2560 MB/)
  })
})

test("the latest finish leaves room for what follows, and a late step says so", () => {
  const first = policy.decide(startView(problem))
  expect(first.latestFinishMs).toBeLessThan(60_000)
  expect(policy.decide(startView(problem, { nowMs: 60_000 })).infeasible).toBe(true)
})

test("a step that is missing in the plan is refused", () => {
  expect(() => staticPolicy({}, estimator).decide(startView(problem))).toThrow(/no configuration for step 0/)
})
