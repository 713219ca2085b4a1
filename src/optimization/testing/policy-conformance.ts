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

type Laws = (step: string) => Partial<SyntheticLaw>

type CreatePolicy = (source: PolicySource) => Policy

function policyFor(create: CreatePolicy, problem: Problem, law: Laws = () => ({})): Policy {
  return create({ estimator: syntheticEstimator(problem, law), limits: problem.limits })
}

function withSlo(problem: Problem, sloMs: number): Problem {
  return { ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } }
}

/**
 * What policies that plan the rest of the run before each step do besides, as tests: reasons, slack and deficit, bounded
 * work. They include what `describePolicy` asks of every policy.
 */
export function describeReplanningPolicy(name: string, create: CreatePolicy): void {
  describePolicy(name, create)
  describe(`${name} plans the rest of the run before each step`, () => {
    const video = problemOf(videoWorkflow())
    const { fastest, cheapest } = planRange(video)
    const middle = withSlo(video, 2 * fastest.latencyMs)

    describe("a decision", () => {
      test("says why, what would be next, and by when the step must end", () => {
        const decision = policyFor(create, middle).decide(startView(middle))
        expect(decision.reason).toMatch(/^cheapest that fits: .* of its .* share$/)
        expect(decision.infeasible).toBe(false)
        expect(decision.latestFinishMs).toBeGreaterThan(0)
        expect(decision.latestFinishMs).toBeLessThan(2 * fastest.latencyMs)
        expect(decision.predicted.latencyMs).toBeLessThan(decision.predicted.percentileMs)
        const { mappingDelayMs, downloadMs, computeMs, uploadMs } = decision.predicted
        expect(mappingDelayMs + downloadMs + computeMs + uploadMs).toBeCloseTo(decision.predicted.latencyMs, 6)
        expect(decision.runnerUp!.costUsd).toBeGreaterThan(decision.predicted.costUsd)
      })

      test("takes the cheapest configuration with time enough, and the fastest where only that fits", () => {
        const loose = withSlo(video, 3 * cheapest.latencyMs)
        expect(policyFor(create, loose).decide(startView(loose))).toMatchObject({
          config: cheapest.plan["0"],
          reason: expect.stringMatching(/^cheapest of all and quick enough/),
        })
        // The median of the fastest configurations needs this long: no caution is left.
        const tight = withSlo(video, fastest.latencyMs / 1.06)
        expect(policyFor(create, tight).decide(startView(tight)).config).toEqual(fastest.plan["0"])
      })

      test("compiles each space once and enumerates it a bounded number of times in a run", () => {
        let compiled = 0
        let enumerated = 0
        const estimator = syntheticEstimator(
          middle,
          () => ({}),
          () => compiled++,
        )
        const policy = create({
          limits: middle.limits,
          estimator: {
            ...estimator,
            compile: (request) => {
              const space = estimator.compile(request)
              return { ...space, maxUsefulProcesses: (m, n) => (enumerated++, space.maxUsefulProcesses(m, n)) }
            },
          },
        })
        simulateRun(middle, policy)
        expect(compiled).toBe(8)
        const perEnumeration = 5 * 4
        const first = enumerated / perEnumeration
        // At most one enumeration per step and margin: eight steps, margins of paths of one to seven steps.
        expect(first).toBeLessThanOrEqual(8 * 6)
        simulateRun(middle, policy)
        expect(enumerated / perEnumeration).toBe(first)
      })
    })

    describe("slack and deficit", () => {
      test("a late step makes the rest faster, an early one makes it cheaper", () => {
        const restCost = (factor: number): number => {
          const run = simulateRun(middle, policyFor(create, middle), (step, decision) =>
            step === "0" ? decision.predicted.percentileMs * factor : decision.predicted.percentileMs,
          )
          return [...run.decisions].reduce(
            (sum, [step, { predicted }]) => (step === "0" ? sum : sum + predicted.costUsd),
            0,
          )
        }
        expect(restCost(2)).toBeGreaterThan(restCost(1))
        expect(restCost(0.2)).toBeLessThan(restCost(1))
      })

      test("a run that cannot make it any more says so and hurries only its critical path", () => {
        const law: Laws = (step) => (step === "3" ? { workMs: 10 } : {})
        const problem = withSlo(problemOf(videoWorkflow(), { law }), 1000)
        const run = simulateRun(problem, policyFor(create, problem, law))
        expect([...run.decisions.values()].every((decision) => decision.infeasible)).toBe(true)
        expect(run.decisions.get("2")!.reason).toMatch(/^fastest there is/)
        expect(run.decisions.get("3")!.reason).toMatch(/^cheapest that does not delay/)
        expect(run.decisions.get("3")!.predicted.costUsd).toBeLessThan(planRange(problem).fastest.costUsd)
      })
    })

    test("random runs whose steps take their percentile end in time, inside space and limits", () => {
      let feasible = 0
      let met = 0
      for (let seed = 1; seed <= 150; seed++) {
        const random = seededRandom(seed)
        const workflow = randomWorkflow(random, 1 + Math.floor(random.next() * 8))
        const laws = new Map(workflow.steps.map((step) => [step.name, randomLaw(random)]))
        const law: Laws = (step) => laws.get(step)!
        const limits = seed % 2 === 0 ? LAMBDA_LIMITS : { ...LAMBDA_LIMITS, vcpuTotal: 4 }
        const base = problemOf(workflow, { law, limits })
        const problem = withSlo(base, planRange(base).fastest.latencyMs * (1 + 2 * random.next()))
        const run = simulateRun(
          problem,
          policyFor(create, problem, law),
          (_, decision) =>
            // What margins promise: half of the way from median to percentile, on average.
            (decision.predicted.latencyMs + decision.predicted.percentileMs) / 2,
        )
        feasible++
        if (run.latencyMs <= (problem.goal.kind === "cost" ? problem.goal.sloMs : 0)) met++
        for (const step of workflow.steps) {
          const { config } = run.decisions.get(step.name)!
          expect(inSpace(step.configSpace, config)).toBe(true)
          expect(config.instances).toBeLessThanOrEqual(law(step.name).tasks!)
        }
      }
      expect(met / feasible).toBeGreaterThanOrEqual(0.95)
    })
  })
}

/** Cost of a step alone at its fastest, whatever margin makes it the fastest. */
function fastestCost(problem: Problem, step: string): number {
  const alone = problem.workflow.steps.filter((other) => other.name === step).map((only) => ({ ...only, after: [] }))
  const { fastest } = planRange({ ...problem, workflow: { ...problem.workflow, steps: alone } })
  return fastest.costUsd
}
