import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import type { Problem } from "../planner.ts"
import type { RunView } from "../policy.ts"
import { simulateRun } from "../testing/simulate-run.ts"
import {
  LAMBDA_LIMITS,
  problemOf,
  randomLaw,
  randomWorkflow,
  SMALL_SPACE,
  startView,
  syntheticEstimator,
  videoWorkflow,
  workflowOf,
} from "../testing/synthetic-problem.ts"
import type { SyntheticLaw } from "../testing/synthetic-space.ts"
import { stepConf } from "./step-conf.ts"
import { planRange } from "./step-conf-planner.ts"

type Laws = (step: string) => Partial<SyntheticLaw>

function policyFor(problem: Problem, law: Laws = () => ({})): ReturnType<typeof stepConf> {
  return stepConf({ estimator: syntheticEstimator(problem, law), limits: problem.limits })
}

function withSlo(problem: Problem, sloMs: number): Problem {
  return { ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } }
}

const video = problemOf(videoWorkflow())
const { fastest, cheapest } = planRange(video)
const middle = withSlo(video, 2 * fastest.latencyMs)

describe("a decision", () => {
  test("is deterministic, and hypothetical ones in between change nothing", () => {
    const policy = policyFor(middle)
    const first = policy.decide(startView(middle))
    const done = { startedAtMs: 0, endedAtMs: first.latestFinishMs, config: first.config }
    policy.decide(startView(middle, { nowMs: done.endedAtMs, finished: new Map([["0", done]]), ready: ["1"] }))
    expect(policy.decide(startView(middle))).toEqual(first)
    expect(policyFor(middle).decide(startView(middle))).toEqual(first)
  })
})

test("spending the slack of the rest of the run makes runs cheaper on average, and no run late", () => {
  let saved = 0
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed)
    const workflow = randomWorkflow(random, 6)
    const laws = new Map(workflow.steps.map((step) => [step.name, randomLaw(random)]))
    const law: Laws = (step) => laws.get(step)!
    const base = problemOf(workflow, { law })
    const problem = withSlo(base, planRange(base).fastest.latencyMs * (1.1 + random.next()))
    const options = { estimator: syntheticEstimator(problem, law), limits: problem.limits }
    const [planned, shared] = (["plan", "sub-slos"] as const).map((finish) =>
      simulateRun(problem, stepConf({ ...options, finish }), (_, { predicted }) => predicted.latencyMs),
    )
    expect(planned!.latencyMs).toBeLessThanOrEqual(problem.goal.kind === "cost" ? problem.goal.sloMs : 0)
    saved += 1 - planned!.costUsd / shared!.costUsd
  }
  expect(saved / 40).toBeGreaterThan(0)
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

test("asking without a ready step is a bug", () => {
  expect(() => policyFor(middle).decide(startView(middle, { ready: [] }))).toThrow(/no step is ready/)
})
