import { expect, test } from "vitest"
import { seededRandom } from "../../../base/random.ts"
import type { Problem } from "../../planner.ts"
import { simulateRun } from "../../testing/simulate-run.ts"
import { problemOf, randomLaw, startView, syntheticEstimator, videoWorkflow } from "../../testing/synthetic-problem.ts"
import type { SyntheticLaw } from "../../testing/synthetic-space.ts"
import { algorithmOnePlanner } from "./stepconf-planners.ts"
import { algorithmOne, type AlgorithmOnePolicyOptions, stepConfInter, stepConfIntra } from "./stepconf-policies.ts"

type Laws = (step: string) => Partial<SyntheticLaw>

function randomProblem(seed: number): { problem: Problem; options: Omit<AlgorithmOnePolicyOptions, "preset"> } {
  const random = seededRandom(seed)
  const workflow = videoWorkflow()
  // Without spread the policy's parts are the planner's times.
  const laws = new Map(workflow.steps.map((step) => [step.name, { ...randomLaw(random), spread: 1 }]))
  const law: Laws = (step) => laws.get(step)!
  const base = problemOf(workflow, { law })
  const least = algorithmOnePlanner({ preset: "repaired" }).attempt({
    ...base,
    goal: { kind: "cost", sloMs: 1, percentile: 0.95 },
  })
  const problem: Problem = { ...base, goal: { kind: "cost", sloMs: 1.7 * least.latencyMs, percentile: 0.95 } }
  return { problem, options: { estimator: syntheticEstimator(problem, law), limits: problem.limits } }
}

test.each(["published", "repaired"] as const)(
  "%s online decides as offline where every step ends as predicted",
  (preset) => {
    for (let seed = 1; seed <= 6; seed++) {
      const { problem, options } = randomProblem(seed)
      const run = simulateRun(problem, algorithmOne({ ...options, preset }), (_, { predicted }) => predicted.latencyMs)
      const planned = algorithmOnePlanner({ preset }).attempt(problem).plan
      expect(Object.fromEntries([...run.decisions].map(([step, { config }]) => [step, config]))).toEqual(planned)
    }
  },
)

test("repaired ends in time; hypothetical decisions in between change nothing", () => {
  const { problem, options } = randomProblem(9)
  const policy = algorithmOne({ ...options, preset: "published" })
  const first = policy.decide(startView(problem))
  const finished = new Map([["0", { startedAtMs: 0, endedAtMs: 1234, config: first.config }]])
  policy.decide(startView(problem, { nowMs: 1234, finished, ready: ["1"] }))
  expect(policy.decide(startView(problem))).toEqual(first)
  const run = simulateRun(problem, algorithmOne({ ...options, preset: "repaired" }))
  expect(problem.goal.kind === "cost" && run.latencyMs <= problem.goal.sloMs * (1 + 1e-9)).toBe(true)
  expect(run.decisions.get("0")!.reason).toMatch(/^cheapest that fits: .* of its sub-SLO of /)
})

test("the ablations hold one count, and a budget is refused", () => {
  const { problem, options } = randomProblem(4)
  const view = startView(problem)
  expect(stepConfInter({ ...options, preset: "repaired", fixedProcesses: 2 }).decide(view).config.processes).toBe(2)
  expect(stepConfIntra({ ...options, preset: "published", fixedInstances: 3 }).decide(view).config.instances).toBe(3)
  const budget = { ...view, goal: { kind: "latency", budgetUsd: 1, percentile: 0.95 } as const }
  expect(() => algorithmOne({ ...options, preset: "repaired" }).decide(budget)).toThrow(/knows no budgets/)
})
