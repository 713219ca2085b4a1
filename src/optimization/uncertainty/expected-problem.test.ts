import { describe, expect, test } from "vitest"
import { coldStarts, costOf, latencyOf, partsOf, pointOf } from "../../estimation/compiled-space.ts"
import { defineWorkflow } from "../../workflow/builder.ts"
import type { StepSpecInput } from "../../workflow/spec.ts"
import type { Problem } from "../planner.ts"
import { planRange } from "../stepconf/step-conf-planner.ts"
import { syntheticEstimates } from "../testing/synthetic-estimates.ts"
import { problemOf, SMALL_SPACE } from "../testing/synthetic-problem.ts"
import { trimtabPlanner } from "../trimtab-planner.ts"
import { chancePlanner } from "./chance-planner.ts"
import { expectedProblem } from "./expected-problem.ts"

const when = { step: "look", path: "bad", operator: "==", value: true } as const

/** Look, repair where it is bad, refine as long as it asks for more, end. */
function outcomes(
  repair: Pick<StepSpecInput, "when">,
  refine: Pick<StepSpecInput, "loop"> = {},
  law: (step: string) => object = () => ({}),
): Problem {
  const step = { function: "f", configSpace: SMALL_SPACE } as const
  const workflow = defineWorkflow({
    name: "outcomes",
    functions: { f: { handler: "./f.ts" } },
    steps: {
      look: step,
      repair: { ...step, after: ["look"], ...repair },
      refine: { ...step, after: ["look"], ...refine },
      end: { ...step, after: ["repair", "refine"] },
    },
  })
  return problemOf(workflow, { sloMs: 9000, law })
}

/** Of one configuration, with everything cold. */
function valuesOf(problem: Problem, step: string): Record<"usd" | "medianMs" | "percentileMs" | "startMs", number> {
  const space = problem.spaces.get(step)!
  const config = { memoryMB: 1024, instances: 2, processes: 1 }
  const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!
  return {
    usd: costOf(space, point),
    medianMs: latencyOf(space, point, "median"),
    percentileMs: latencyOf(space, point, "percentile"),
    startMs: partsOf(space, point, "median").mappingDelayMs,
  }
}

describe("in expectation", () => {
  test("a problem without branches and loops is left as it is", () => {
    const problem = outcomes({})
    expect(expectedProblem(problem)).toBe(problem)
  })

  test("a conditional step costs its share, and takes its full time", () => {
    const problem = outcomes({ when: { ...when, probability: 0.25 } })
    const [plain, weighed] = [problem, expectedProblem(problem)].map((of) => valuesOf(of, "repair"))
    expect(weighed!.usd).toBeCloseTo(plain!.usd / 4, 15)
    expect(weighed!.medianMs).toBeCloseTo(plain!.medianMs, 9)
    expect(weighed!.percentileMs).toBeCloseTo(plain!.percentileMs, 9)
    // Runs before know better than the author.
    const known = expectedProblem(problem, { probabilityOf: () => 0.5 })
    expect(valuesOf(known, "repair").usd).toBeCloseTo(plain!.usd / 2, 15)
  })

  test("a loop takes and costs its executions, which start cold once and spread like the root of their number", () => {
    const problem = outcomes({}, { loop: { while: { path: "more", operator: "exists" }, max: 4 } })
    const [once, fourTimes] = [problem, expectedProblem(problem)].map((of) => valuesOf(of, "refine"))
    const coldMs = 200
    expect(fourTimes!.medianMs).toBeCloseTo(4 * once!.medianMs - 3 * coldMs, 9)
    expect(fourTimes!.startMs).toBeCloseTo(4 * once!.startMs - 3 * coldMs, 9)
    const [spread, spread4] = [once!, fourTimes!].map(({ percentileMs, medianMs }) => percentileMs - medianMs)
    expect(spread4! / spread!).toBeGreaterThan(1.5)
    // Later starts are warm, and vary less than the first one.
    expect(spread4! / spread!).toBeLessThanOrEqual(2)
    expect(fourTimes!.usd / once!.usd).toBeGreaterThan(3)
    expect(fourTimes!.usd / once!.usd).toBeLessThan(4)
  })

  test("a loop that goes on half of the time is expected to run twice less what its limit cuts off", () => {
    const again = { path: "more", operator: "exists", probability: 0.5 } as const
    const problem = outcomes({}, { loop: { while: again, max: 3 } })
    const [once, expected] = [problem, expectedProblem(problem)].map((of) => valuesOf(of, "refine"))
    // 1/2 x 1 + 1/4 x 2 + 1/4 x 3 executions.
    expect(expected!.medianMs).toBeCloseTo(1.75 * once!.medianMs - 0.75 * 200, 9)
  })
})

test("a rare branch gets less speed for the same money: the cheaper the branch, the cheaper the plan", () => {
  const law = (step: string): object => (step === "repair" ? { workMs: 2000 } : {})
  const costs = [1, 0.5, 0.1].map((probability) => {
    const problem = expectedProblem(outcomes({ when: { ...when, probability } }, {}, law))
    const { fastest } = planRange(problem)
    const result = trimtabPlanner().plan({
      ...problem,
      goal: { kind: "cost", sloMs: 1.5 * fastest.latencyMs, percentile: 0.95 },
    })
    if (!result.feasible) throw new Error("half as long again is enough")
    return result.costUsd
  })
  expect(costs[0]!).toBeGreaterThan(costs[1]!)
  expect(costs[1]!).toBeGreaterThan(costs[2]!)
})

test("at a percentile below the branch's share of runs its time no longer counts", () => {
  const law = (step: string): object => ({ spread: 1, ...(step === "repair" ? { workMs: 4000 } : {}) })
  const problem = outcomes({ when: { ...when, probability: 0.05 } }, {}, law)
  const planner = chancePlanner({ estimateOf: syntheticEstimates(problem, 0.02) })
  const at = (percentile: number): number => {
    const result = planner.plan({ ...problem, goal: { kind: "cost", sloMs: 9000, percentile } })
    if (!result.feasible) throw new Error("nine seconds are enough")
    expect(result.attainment!.share).toBeGreaterThan(percentile - 0.02)
    return result.costUsd
  }
  expect(at(0.9)).toBeLessThan(at(0.99))
})
