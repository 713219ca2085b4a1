import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import type { Estimator } from "../../estimation/estimator.ts"
import { inSpace } from "../../workflow/config.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import type { Problem } from "../planner.ts"
import type { Policy } from "../policy.ts"
import { planRange } from "../stepconf/step-conf-planner.ts"
import { simulateRun } from "./simulate-run.ts"
import {
  LAMBDA_LIMITS,
  problemOf,
  randomLaw,
  randomWorkflow,
  startView,
  syntheticEstimator,
  videoWorkflow,
} from "./synthetic-problem.ts"
import type { SyntheticLaw } from "./synthetic-space.ts"

export interface PolicySource {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
}

/** A problem with the laws behind it, so that a policy can be made for it. */
export interface PolicyProblem {
  readonly problem: Problem
  readonly source: PolicySource
}

/** A random workflow whose deadline is `factor` times its least latency. */
export function policyProblem(
  seed: number,
  { factor, spread = 1.1, limits = LAMBDA_LIMITS }: { factor: number; spread?: number; limits?: PlatformLimits },
): PolicyProblem {
  const random = seededRandom(seed)
  const workflow = randomWorkflow(random, 1 + (seed % 8))
  const laws = new Map<string, Partial<SyntheticLaw>>(
    workflow.steps.map((step) => [step.name, { ...randomLaw(random), spread }]),
  )
  const law = (step: string): Partial<SyntheticLaw> => laws.get(step)!
  const base = problemOf(workflow, { law, limits })
  const sloMs = planRange(base).fastest.latencyMs * factor
  const problem: Problem = { ...base, goal: { kind: "cost", sloMs, percentile: 0.95 } }
  return { problem, source: { estimator: syntheticEstimator(problem, law), limits } }
}

/** What every policy must do, as tests: decisions lie inside spaces and limits, follow from the view, and always come. */
export function describePolicy(name: string, create: (source: PolicySource) => Policy): void {
  describe(`${name} is a policy`, () => {
    test("a decision follows from the view alone, whatever was asked before", () => {
      const problem = problemOf(videoWorkflow(), { sloMs: 3000 })
      const source = { estimator: syntheticEstimator(problem), limits: problem.limits }
      const policy = create(source)
      const first = policy.decide(startView(problem))
      const done = { startedAtMs: 0, endedAtMs: first.latestFinishMs, config: first.config }
      policy.decide(startView(problem, { nowMs: done.endedAtMs, finished: new Map([["0", done]]), ready: ["1"] }))
      expect(policy.decide(startView(problem))).toEqual(first)
      expect(create(source).decide(startView(problem))).toEqual(first)
    })

    test("runs that go as predicted end in time, inside spaces and limits", () => {
      for (let seed = 1; seed <= 40; seed++) {
        const limits = seed % 2 === 0 ? LAMBDA_LIMITS : { ...LAMBDA_LIMITS, vcpuTotal: 4 }
        const { problem, source } = policyProblem(seed, { factor: 1.05 + (seed % 5) / 4, spread: 1, limits })
        const run = simulateRun(problem, create(source))
        expect(run.latencyMs).toBeLessThanOrEqual((problem.goal as { sloMs: number }).sloMs * (1 + 1e-9))
        expect(run.peakVcpus).toBeLessThanOrEqual((limits.vcpuTotal ?? Infinity) * (1 + 1e-9))
        for (const step of problem.workflow.steps) {
          const { config } = run.decisions.get(step.name)!
          expect(inSpace(step.configSpace, config)).toBe(true)
          expect(config.instances).toBeLessThanOrEqual(problem.spaces.get(step.name)!.tasks)
        }
      }
    })

    test("a run that is late from the start gets a decision for every step, and is never dearer than all fastest", () => {
      for (let seed = 1; seed <= 40; seed++) {
        const { problem, source } = policyProblem(seed, { factor: 0.2 + (seed % 4) / 5 })
        const { decisions, costUsd } = simulateRun(problem, create(source))
        expect(decisions.size).toBe(problem.workflow.steps.length)
        const fastestUsd = [...problem.spaces.keys()].reduce((sum, step) => sum + fastestCost(problem, step), 0)
        expect(costUsd).toBeLessThanOrEqual(fastestUsd * (1 + 1e-9))
      }
    })

    test("asking without a ready step is a bug", () => {
      const { problem, source } = policyProblem(1, { factor: 2 })
      expect(() => create(source).decide(startView(problem, { ready: [] }))).toThrow(/no step is ready/)
    })
  })
}

/** Cost of a step alone at its fastest, whatever margin makes it the fastest. */
function fastestCost(problem: Problem, step: string): number {
  const alone = problem.workflow.steps.filter((other) => other.name === step).map((only) => ({ ...only, after: [] }))
  const { fastest } = planRange({ ...problem, workflow: { ...problem.workflow, steps: alone } })
  return fastest.costUsd
}
