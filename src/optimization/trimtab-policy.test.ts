import { describe, expect, test } from "vitest"
import type { Problem } from "./planner.ts"
import type { RunView } from "./policy.ts"
import { stepConf } from "./stepconf/step-conf.ts"
import { describeReplanningPolicy, policyProblem } from "./testing/policy-conformance.ts"
import { simulateRun } from "./testing/simulate-run.ts"
import {
  LAMBDA_LIMITS,
  problemOf,
  SMALL_SPACE,
  startView,
  syntheticEstimator,
  videoWorkflow,
  workflowOf,
} from "./testing/synthetic-problem.ts"
import type { SyntheticLaw } from "./testing/synthetic-space.ts"
import { trimtabPlanner } from "./trimtab-planner.ts"
import { trimtabPolicy } from "./trimtab-policy.ts"
import { planRange } from "./stepconf/step-conf-planner.ts"

type Laws = (step: string) => Partial<SyntheticLaw>

function policyFor(problem: Problem, law: Laws = () => ({})): ReturnType<typeof trimtabPolicy> {
  return trimtabPolicy({ estimator: syntheticEstimator(problem, law), limits: problem.limits })
}

function withSlo(problem: Problem, sloMs: number): Problem {
  return { ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } }
}

const video = problemOf(videoWorkflow())
const { fastest, cheapest } = planRange(video)
const middle = withSlo(video, 2 * fastest.latencyMs)

describeReplanningPolicy("trimtab", trimtabPolicy)

test("without noise a run costs what the plan before it costs", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const { problem, source } = policyProblem(seed, { factor: 1.1 + (seed % 5) / 5, spread: 1 })
    const result = trimtabPlanner({ effort: "exact" }).plan(problem)
    if (!result.feasible) throw new Error("the deadline is above the least latency")
    const run = simulateRun(problem, trimtabPolicy({ ...source, nodes: 30 }))
    expect(run.costUsd).toBeGreaterThanOrEqual(result.lowerBound! * (1 - 1e-9))
    // Thirty nodes each time leave up to half a percent on curves of ten entries.
    expect(run.costUsd / result.costUsd).toBeLessThan(1.005)
  }
})

test("runs are cheaper than with sub-SLOs, and no run is late", () => {
  let saved = 0
  for (let seed = 1; seed <= 40; seed++) {
    const { problem, source } = policyProblem(seed, { factor: 1.1 + (seed % 10) / 10 })
    const [ours, shared] = [trimtabPolicy(source), stepConf({ ...source, finish: "sub-slos" })].map((policy) =>
      simulateRun(problem, policy, (_, { predicted }) => predicted.latencyMs),
    )
    expect(ours!.latencyMs).toBeLessThanOrEqual(problem.goal.kind === "cost" ? problem.goal.sloMs : 0)
    saved += 1 - ours!.costUsd / shared!.costUsd
  }
  expect(saved / 40).toBeGreaterThan(0)
})

describe("a search that is stopped", () => {
  test("still decides, in time, at every moment it may be stopped", () => {
    for (const polls of [0, 1, 3, 10, 30]) {
      const stopper = (): (() => boolean) => {
        let left = polls
        return () => left-- <= 0
      }
      const { problem, source } = policyProblem(7, { factor: 1.4, spread: 1 })
      const run = simulateRun(problem, trimtabPolicy({ ...source, stopper }))
      expect(run.latencyMs).toBeLessThanOrEqual(problem.goal.kind === "cost" ? problem.goal.sloMs * (1 + 1e-9) : 0)
    }
  })

  test("keeps the plan it had: stopping from the second decision on costs no more than the first plan", () => {
    const { problem, source } = policyProblem(7, { factor: 1.4, spread: 1 })
    let decisions = 0
    const stopper = (): (() => boolean) => {
      const first = decisions++ === 0
      return () => !first
    }
    const stopped = simulateRun(problem, trimtabPolicy({ ...source, nodes: 30, stopper }))
    const free = simulateRun(problem, trimtabPolicy({ ...source, nodes: 30 }))
    expect(stopped.costUsd / free.costUsd).toBeLessThan(1.005)
  })
})

describe("steps at the same time", () => {
  const limits = { ...LAMBDA_LIMITS, vcpuTotal: 6 }
  const edges = ["a", "b", "c"].flatMap((name): [string, string][] => [
    ["s", name],
    [name, "t"],
  ])
  const problem = problemOf(workflowOf(["s", "a", "b", "c", "t"], edges, SMALL_SPACE), { limits })

  test("never ask for more vCPUs than the platform has, however tight the deadline", () => {
    for (const factor of [0.5, 1, 1.3, 2, 5]) {
      const tight = withSlo(problem, planRange(problem).fastest.latencyMs * factor)
      expect(simulateRun(tight, policyFor(tight)).peakVcpus).toBeLessThanOrEqual(6 + 1e-9)
    }
  })

  test("a heavier one gets the larger share", () => {
    const law: Laws = (step) => (step === "a" ? { workMs: 3000 } : {})
    const heavy = withSlo(problemOf(problem.workflow, { limits, law }), 1)
    const { decisions } = simulateRun(heavy, policyFor(heavy, law))
    const vcpus = (step: string): number => {
      const { config } = decisions.get(step)!
      return config.instances * config.memoryMB
    }
    expect(vcpus("a")).toBeGreaterThan(vcpus("b"))
  })
})

describe("what the view tells", () => {
  test("a warm size is preferred over an equal cold one", () => {
    const law: Laws = () => ({ tasks: 1 })
    const problem = withSlo(problemOf(videoWorkflow(), { law }), 1e6)
    const warm: RunView["warm"] = (name, memoryMB) => (name === "0" && memoryMB === 1024 ? 1 : 0)
    const decision = policyFor(problem, law).decide(startView(problem, { warm }))
    expect(decision.config.memoryMB).toBe(1024)
    expect(decision.predicted.coldStarts).toBe(0)
    expect(decision.reason).toMatch(/1 warm$/)
  })

  test("sizes that failed are not tried again", () => {
    const view = startView(middle, { memoryFloorMB: new Map([["0", 1536]]) })
    expect(policyFor(middle).decide(view).config.memoryMB).toBeGreaterThan(1536)
    const above = startView(middle, { memoryFloorMB: new Map([["0", 2560]]) })
    expect(() => policyFor(middle).decide(above)).toThrow(/step 0: no configuration/)
  })

  test("known task counts replace expected ones", () => {
    const few = policyFor(middle).decide(startView(middle, { tasks: new Map([["0", 1]]) }))
    expect(few.config.instances).toBe(1)
  })

  test("a running configuration outside the space is no obstacle", () => {
    const running = new Map([["2", { startedAtMs: 0, config: { memoryMB: 999, instances: 1, processes: 1 } }]])
    const done = { startedAtMs: 0, endedAtMs: 1, config: cheapest.plan["0"]! }
    const finished = new Map([
      ["0", done],
      ["1", done],
    ])
    expect(policyFor(middle).decide(startView(middle, { nowMs: 5, running, finished, ready: ["3"] })).infeasible).toBe(
      false,
    )
  })
})

test("a step that may not run costs its chance: the one before it is decided cheaper", () => {
  const rare = (probability: number): Problem => {
    const steps = video.workflow.steps.map((step) =>
      step.name === "6"
        ? { ...step, when: { step: "0", path: "bad", operator: "exists" as const, probability } }
        : step,
    )
    return withSlo({ ...video, workflow: { ...video.workflow, steps } }, 1.5 * fastest.latencyMs)
  }
  const cost = (probability: number): number => {
    const problem = rare(probability)
    return policyFor(problem).decide(startView(problem)).predicted.costUsd
  }
  expect(cost(0.05)).toBeLessThan(cost(1))
  expect(cost(1)).toBe(policyFor(middle).decide(startView(withSlo(video, 1.5 * fastest.latencyMs))).predicted.costUsd)
  // Once it is ready it runs for certain.
  const ready = (probability: number): object => {
    const problem = rare(probability)
    const done = { startedAtMs: 0, endedAtMs: 1, config: cheapest.plan["0"]! }
    const finished = new Map(["0", "1", "2", "3", "4", "5"].map((name) => [name, done]))
    return policyFor(problem).decide(startView(problem, { nowMs: 5, finished, ready: ["6"] }))
  }
  expect(ready(0.05)).toEqual(ready(1))
})

describe("a budget", () => {
  const withBudget = (budgetUsd: number): Problem => ({
    ...video,
    goal: { kind: "latency", budgetUsd, percentile: 0.95 },
  })

  test("is kept by the whole run", () => {
    for (const share of [0.1, 0.5, 0.9]) {
      const problem = withBudget(cheapest.costUsd + share * (fastest.costUsd - cheapest.costUsd))
      const run = simulateRun(problem, policyFor(problem))
      expect(run.costUsd).toBeLessThanOrEqual(problem.goal.kind === "latency" ? problem.goal.budgetUsd * 1.001 : 0)
      expect(run.latencyMs).toBeLessThan(cheapest.latencyMs)
    }
  })

  test("that is too small gets the cheapest configurations and says so", () => {
    const problem = withBudget(cheapest.costUsd / 2)
    const decision = policyFor(problem).decide(startView(problem))
    expect(decision).toMatchObject({ infeasible: true, config: cheapest.plan["0"] })
    expect(decision.reason).toMatch(/budget is spent/)
  })
})
