import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { measureEstimates } from "../search.ts"
import { MEMORY_AND_INSTANCES, type SearchSpace, searchSpace } from "../searches/search-space.ts"
import { describePlanner } from "../testing/planner-conformance.ts"
import { problemOf, randomLaw, SMALL_SPACE, workflowOf } from "../testing/synthetic-problem.ts"
import { jolteon } from "./jolteon.ts"
import { jolteonPlanner } from "./jolteon-planner.ts"
import { scenarioCount } from "./sampled-program.ts"
import { columnsAt, drawScenario, fitStage, phasesTime, type StageObservation } from "./stage-model.ts"

/** A stage that follows Jolteon's own laws: read by d, compute by k d, write by d. */
function observed(noise: (value: number) => number): StageObservation[] {
  return [1, 2, 4, 8].flatMap((d) =>
    [0.5, 1, 2, 3].map((k) => {
      const x = k * d
      return {
        d,
        k,
        cold: 50,
        read: noise(400 / d + 30),
        compute: noise(3000 / x + (500 * Math.log(x)) / x + 20 / x ** 2 + 100),
        write: noise(200 / d + 10),
      }
    }),
  )
}

describe("the model of a stage", () => {
  test("finds laws of its own form, each on the regressor they follow", () => {
    const model = fitStage(observed((value) => value))
    expect(model.phases.map(({ regressor }) => regressor)).toEqual(["d", "kd", "d"])
    const [read, compute] = model.phases
    // Exact but for the ridge.
    expect(read!.theta[0]! / 400).toBeCloseTo(1, 5)
    expect(read!.theta[1]! / 30).toBeCloseTo(1, 5)
    expect(compute!.theta[0]! / 3000).toBeCloseTo(1, 4)
    expect(compute!.residualSd).toBeLessThan(0.1)
  })

  test("scenarios scatter around the truth, and more with the noise of residuals", () => {
    const random = seededRandom(5)
    const model = fitStage(observed((value) => value * (0.95 + 0.1 * random.next())))
    const at = { d: 4, k: 1 }
    const truth = 3000 / 4 + (500 * Math.log(4)) / 4 + 20 / 16 + 100 + 400 / 4 + 30 + 200 / 4 + 10
    const spreadOf = (noise: "parameters" | "parameters and residuals"): readonly [number, number] => {
      const times = Array.from({ length: 500 }, () =>
        phasesTime(columnsAt(model, at), drawScenario(model, random, noise)),
      )
      const mean = times.reduce((sum, value) => sum + value, 0) / times.length
      return [mean, Math.sqrt(times.reduce((sum, value) => sum + (value - mean) ** 2, 0) / times.length)]
    }
    const [mean, few] = spreadOf("parameters")
    // Noise of 5 % at most on sixteen runs.
    expect(Math.abs(mean / truth - 1)).toBeLessThan(0.05)
    expect(spreadOf("parameters and residuals")[1]).toBeGreaterThan(few)
  })
})

test("four steps: 2,715 or 4,048 scenarios by Hoeffding, 395 where all have to hold", () => {
  const of = (steps: number, bound: "hoeffding" | "all hold"): number =>
    scenarioCount({ logPlans: steps * Math.log(28), eps: 0.05, delta: 0.001, bound })
  // Its code counts 28^(n/2) plans.
  expect(of(2, "hoeffding")).toBe(2715)
  expect(of(4, "hoeffding")).toBe(4048)
  expect(of(4, "all hold")).toBe(395)
})

function diamond(seed: number): SearchSpace {
  const random = seededRandom(seed)
  const edges = ["ab", "ac", "bd", "cd"].map((edge): [string, string] => [edge[0]!, edge[1]!])
  const workflow = workflowOf(["a", "b", "c", "d"], edges, SMALL_SPACE)
  return searchSpace(problemOf(workflow, { law: () => randomLaw(random) }), MEMORY_AND_INSTANCES)
}

test("a deadline between the ends gets a plan that is cheaper than the largest one and nearly in time", () => {
  for (const preset of ["published", "repaired"] as const) {
    const space = diamond(3)
    const measure = measureEstimates(space)
    const largest = measure(Int32Array.from(space.steps, ({ configs }) => configs.length - 1))
    const bound = 2 * largest.latencyMs
    const answer = jolteon(space, { objective: "cost", bound }, { seed: 1, preset, mostScenarios: 60 })
    expect(answer.believesFeasible).toBe(true)
    const found = measure(answer.selection)
    expect(found.costUsd).toBeLessThan(largest.costUsd)
    // Its models are a few percent off; nothing relaxed.
    expect(found.latencyMs / bound).toBeLessThan(1.1)
  }
})

test("a budget gets a plan that is faster than the smallest one and nearly within it", () => {
  const space = diamond(4)
  const measure = measureEstimates(space)
  const smallest = measure(new Int32Array(4))
  const bound = 1.6 * smallest.costUsd
  const answer = jolteon(space, { objective: "latency", bound }, { seed: 1, mostScenarios: 60 })
  const found = measure(answer.selection)
  expect(found.latencyMs).toBeLessThan(smallest.latencyMs)
  expect(found.costUsd / bound).toBeLessThan(1.1)
})

describePlanner(() => jolteonPlanner({ mostScenarios: 12, runs: 1 }), {
  complete: false,
  problems: 1,
  knobs: ({ processes }) => processes === 1,
})
describePlanner(() => jolteonPlanner({ preset: "published", mostScenarios: 12, runs: 1 }), {
  goals: ["cost"],
  complete: false,
  problems: 1,
  knobs: ({ processes }) => processes === 1,
})
