import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { TrimtabError } from "../base/errors.ts"
import { certificateHolds } from "./dual/certificate.ts"
import { frontierMergePlanner } from "./frontier-merge/frontier-merge-planner.ts"
import type { Problem } from "./planner.ts"
import { cheapestPlan, fastestPlan, pricePlan } from "./plans.ts"
import { stepChoices } from "./step-choices.ts"
import { checkValid, describePlanner, randomProblem, SMALL_SHAPES, withShare } from "./testing/planner-conformance.ts"
import {
  LAMBDA_LIMITS,
  problemOf,
  randomLaw,
  randomWorkflow,
  videoWorkflow,
  workflowOf,
} from "./testing/synthetic-problem.ts"
import { costLatencyFrontier, trimtabPlanner } from "./trimtab-planner.ts"

// Thirty nodes close problems of four steps; bisection of a budget ends 1e-5 apart.
describePlanner(trimtabPlanner, { excess: 1e-4, provenGap: 2e-3 })

// Rounding and reclaim alone: a few percent on curves of ten entries, which leave wide steps between them.
describePlanner(() => ({ ...trimtabPlanner({ effort: "fast" }), name: "trimtab fast" }), { excess: 0.15 })

describePlanner(() => ({ ...trimtabPlanner({ effort: "exact" }), name: "trimtab exact" }), {
  excess: 1e-4,
  provenGap: 2e-4,
})

function video(seed: number, kind: "cost" | "latency", share: number): Problem {
  const random = seededRandom(seed)
  return withShare(problemOf(videoWorkflow(), { law: () => randomLaw(random) }), kind, share)
}

describe("bounds", () => {
  test("of a deadline are shown by a certificate, which fails for a higher claim", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const result = trimtabPlanner({ effort: "fast" }).plan(video(seed, "cost", 0.4))
      if (!result.feasible || result.certificate?.kind !== "flow") throw new Error("expected a flow")
      const { problem, deadlineMs, boundUsd, flow } = result.certificate
      expect(certificateHolds(problem, deadlineMs, flow, boundUsd)).toBe(true)
      expect(certificateHolds(problem, deadlineMs, flow, boundUsd * 1.001)).toBe(false)
      // Without a tree the bound is the flow's, but for the billionth that the search adds to the deadline.
      expect(result.lowerBound! / boundUsd).toBeCloseTo(1, 6)
    }
  })

  test("of a budget too: within the bound nothing costs as little as the budget", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const problem = video(seed, "latency", 0.3)
      const result = trimtabPlanner({ effort: "fast" }).plan(problem)
      if (!result.feasible || result.certificate?.kind !== "flow") throw new Error("expected a flow")
      const { budgetUsd } = problem.goal as Extract<Problem["goal"], { kind: "latency" }>
      expect(result.certificate.boundUsd).toBeGreaterThanOrEqual(budgetUsd * (1 - 1e-6))
      expect(result.lowerBound).toBeLessThanOrEqual(result.certificate.deadlineMs * (1 + 1e-9))
    }
  })

  test("of an exact search agree with the frontier merge on a whole workflow", () => {
    for (let seed = 1; seed <= 4; seed++)
      for (const kind of ["cost", "latency"] as const) {
        const problem = video(seed, kind, 0.35)
        const [ours, merged] = [trimtabPlanner({ effort: "exact" }).plan(problem), frontierMergePlanner().plan(problem)]
        if (!ours.feasible || !merged.feasible) throw new Error("expected plans")
        const [a, b] = kind === "cost" ? [ours.costUsd, merged.costUsd] : [ours.latencyMs, merged.latencyMs]
        expect(a / b).toBeLessThanOrEqual(1 + 1e-4)
        expect(a / b).toBeGreaterThanOrEqual(1 - 1e-9)
      }
  })
})

describe("what cannot be", () => {
  test("the fastest plan that is named is the cheapest as fast as that", () => {
    const choices = stepChoices({ ...video(3, "cost", 0.5) })
    const result = trimtabPlanner({ effort: "exact" }).plan({
      ...choices.problem,
      goal: { kind: "cost", sloMs: 1, percentile: 0.95 },
    })
    if (result.feasible) throw new Error("one millisecond is not enough")
    const reclaimed = fastestPlan(choices)
    expect(result.fastest.latencyMs / reclaimed.latencyMs).toBeCloseTo(1, 9)
    expect(result.fastest.costUsd).toBeLessThanOrEqual(reclaimed.costUsd)
    expect(result.cheapest).toEqual(cheapestPlan(choices))
  })

  const base = problemOf(videoWorkflow())
  const goal = (sloMs: number): Problem => ({ ...base, goal: { kind: "cost", sloMs, percentile: 0.95 } })
  const codeOf = (problem: Problem): string => {
    try {
      trimtabPlanner().plan(problem)
    } catch (error) {
      if (error instanceof TrimtabError) return error.code
      throw error
    }
    return "none"
  }

  test.each([NaN, -1, 0, Infinity])("a deadline or budget of %s is refused", (value) => {
    expect(codeOf(goal(value))).toBe("usage")
    expect(codeOf({ ...base, goal: { kind: "latency", budgetUsd: value, percentile: 0.95 } })).toBe("usage")
  })

  test.each([NaN, -50_000])("estimates of %s ms are named with their step", (value) => {
    const spaces = new Map(base.spaces)
    const space = spaces.get("3")!
    spaces.set("3", { ...space, median: { ...space.median, uploadMs: space.median.uploadMs.map(() => value) } })
    expect(codeOf({ ...goal(1e5), spaces })).toBe("invalid-data")
    expect(() => trimtabPlanner().plan({ ...goal(1e5), spaces })).toThrow(/step 3: its estimates/)
  })

  test("a step that cannot run, no steps and too many of them are clear errors", () => {
    const blocked = problemOf(videoWorkflow(), { law: (step) => (step === "3" ? { memoryFloorMB: 9999 } : {}) })
    expect(codeOf(blocked)).toBe("goal-unreachable")
    const steps = base.workflow.steps
    expect(codeOf({ ...goal(1e5), workflow: { ...base.workflow, steps: [] } })).toBe("usage")
    const many = Array.from({ length: 20_001 }, () => steps[0]!)
    expect(codeOf({ ...goal(1e5), workflow: { ...base.workflow, steps: many } })).toBe("unsupported")
  })
})

test("on random workflows more effort never proves less, and every plan is valid", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seededRandom(seed)
    const workflow = randomWorkflow(random, 4 + (seed % 9))
    const problem = withShare(problemOf(workflow, { law: () => randomLaw(random) }), "cost", 0.1 + 0.8 * random.next())
    const results = (["fast", "default", "exact"] as const).map((effort) => trimtabPlanner({ effort }).plan(problem))
    for (const result of results) checkValid(problem, result)
    const [fast, standard, exact] = results.map((result) => (result.feasible ? result : null))
    expect(standard!.costUsd).toBeLessThanOrEqual(fast!.costUsd * (1 + 1e-9))
    expect(exact!.costUsd).toBeLessThanOrEqual(standard!.costUsd * (1 + 1e-4))
    expect(exact!.gap).toBeLessThanOrEqual(1e-4 + 1e-9)
  }
})

describe("a limited platform", () => {
  const limits = { ...LAMBDA_LIMITS, vcpuTotal: 4 }

  test("plans keep the goal as it is scheduled there, and nothing is proven", () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed)
      const workflow = randomWorkflow(random, 5)
      const problem = withShare(problemOf(workflow, { limits, law: () => randomLaw(random) }), "cost", 0.5)
      const result = trimtabPlanner().plan(problem)
      if (!result.feasible) throw new Error("expected a plan")
      checkValid(problem, result)
      expect(result.lowerBound).toBeNull()
      expect(pricePlan(stepChoices(problem), result.plan).latencyMs).toBe(result.latencyMs)
    }
  })

  test("steps beside each other fit on it together", () => {
    const problem = problemOf(workflowOf(["a", "b", "c"], [], videoWorkflow().steps[0]!.configSpace), { limits })
    const result = trimtabPlanner().plan({ ...problem, goal: { kind: "cost", sloMs: 1, percentile: 0.95 } })
    const { plan } = result.feasible ? result : result.fastest
    const used = Object.values(plan).reduce((sum, config) => sum + (config.instances * config.memoryMB) / 1769, 0)
    expect(used).toBeLessThanOrEqual(4 + 1e-9)
  })
})

describe("the frontier between latency and cost", () => {
  test("goes from the fastest to the cheapest, each plan the answer to its own latency", () => {
    const problem = randomProblem(SMALL_SHAPES["an N"]!, "cost", 2)
    const choices = stepChoices(problem)
    const frontier = costLatencyFrontier(problem, 12, { effort: "exact" })
    expect(frontier.length).toBeGreaterThan(3)
    expect(frontier[0]!.latencyMs / fastestPlan(choices).latencyMs).toBeCloseTo(1, 9)
    expect(frontier.at(-1)!.costUsd / cheapestPlan(choices).costUsd).toBeCloseTo(1, 9)
    for (const [at, { latencyMs, costUsd, lowerBoundUsd }] of frontier.entries()) {
      const next = frontier[at + 1]
      if (next !== undefined) {
        expect(next.latencyMs).toBeGreaterThan(latencyMs)
        expect(next.costUsd).toBeLessThan(costUsd)
      }
      expect(lowerBoundUsd).toBeLessThanOrEqual(costUsd)
      expect(costUsd / lowerBoundUsd! - 1).toBeLessThan(2e-4)
    }
  })
})
