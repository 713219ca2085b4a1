import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { problemOf, randomLaw, workflowOf } from "../testing/synthetic-problem.ts"
import {
  bestSample,
  keepsBound,
  MEASUREMENT_MS,
  measureEstimates,
  runSearch,
  type Search,
  type Target,
} from "../search.ts"
import { latinHypercube, scaledToFit } from "./allowances.ts"
import { aquatope } from "./aquatope.ts"
import { bayesianSearch } from "./bayesian-search.ts"
import { charmseeker } from "./charmseeker.ts"
import { constrainedImprovement, expectedImprovement } from "./expected-improvement.ts"
import { MEMORY_AND_INSTANCES, MEMORY_ONLY, type SearchSpace, searchSpace } from "./search-space.ts"

const SPACE = {
  memoryMB: { min: 128, max: 2048, step: 128 },
  instances: { min: 1, max: 4, step: 1 },
  processes: { min: 1, max: 2, step: 1 },
}

function diamond(seed: number, knobs = MEMORY_ONLY): SearchSpace {
  const random = seededRandom(seed)
  const edges = ["ab", "ac", "bd", "cd"].map((edge): [string, string] => [edge[0]!, edge[1]!])
  return searchSpace(problemOf(workflowOf(["a", "b", "c", "d"], edges, SPACE), { law: () => randomLaw(random) }), knobs)
}

/** A budget 60 % above the least cost. */
function budget({ steps }: SearchSpace): Target {
  const least = steps.reduce((sum, step) => sum + Math.min(...step.costUsd), 0)
  return { objective: "latency", bound: 1.6 * least }
}

const SEARCHES: Readonly<Record<string, (space: SearchSpace, seed: number) => Search>> = {
  bayesian: (space, seed) => bayesianSearch(space.steps, budget(space), { random: seededRandom(seed), batch: 2 }),
  aquatope: (space, seed) => aquatope(space.steps, budget(space), { random: seededRandom(seed) }),
  charmseeker: (space, seed) => charmseeker(space, budget(space), { random: seededRandom(seed), evaluations: 25 }),
}

describe.each(Object.entries(SEARCHES))("%s", (_, create) => {
  test("the same seed asks the same questions; another one others", () => {
    const space = diamond(1)
    const run = (seed: number): readonly string[] =>
      runSearch(create(space, seed), measureEstimates(space), { evaluations: 16, target: budget(space) }).samples.map(
        ({ selection }) => selection.join(),
      )
    const first = run(1)
    expect(run(1)).toEqual(first)
    expect(run(2)).not.toEqual(first)
    expect(first).toHaveLength(16)
  })

  test("what it would deploy keeps the budget and is near the best of all selections", () => {
    const space = diamond(2)
    const target = budget(space)
    const measure = measureEstimates(space)
    const random = seededRandom(7)
    const anything = bestSample(
      Array.from({ length: 20_000 }, () =>
        measure(Int32Array.from(space.steps, ({ configs }) => Math.floor(random.next() * configs.length))),
      ),
      target,
    )!
    const { best } = runSearch(create(space, 3), measure, { evaluations: 40, target })
    const deployed = measure(best!)
    expect(keepsBound(target, deployed)).toBe(true)
    // 40 evaluations of 65,536 selections; the published searches stay 0-20 % above the optimum.
    expect(deployed.latencyMs / anything.latencyMs).toBeLessThan(1.3)
  })
})

test("a run of a search costs 30 s an evaluation, and its convergence never rises", () => {
  const space = diamond(3)
  const target = budget(space)
  const run = runSearch(SEARCHES["bayesian"]!(space, 1), measureEstimates(space), { evaluations: 15, target })
  expect(run.measurementMs).toBe(15 * MEASUREMENT_MS)
  for (let i = 1; i < run.convergence.length; i++)
    expect(run.convergence[i]).toBeLessThanOrEqual(run.convergence[i - 1]!)
})

test("measured noise has the spread it was given, and money follows time", () => {
  const space = diamond(4)
  const selection = new Int32Array(4)
  const exact = measureEstimates(space)(selection)
  const noisy = measureEstimates(space, { random: seededRandom(1), logSd: 0.1 })
  const logs = Array.from({ length: 400 }, () => Math.log(noisy(selection).stepLatencyMs[0]! / exact.stepLatencyMs[0]!))
  const sd = Math.sqrt(logs.reduce((sum, x) => sum + x * x, 0) / logs.length)
  // Four standard errors of a sd from 400 draws: 0.1 / sqrt(800) x 4.
  expect(Math.abs(sd - 0.1)).toBeLessThan(0.0142)
  const once = noisy(selection)
  for (const i of [0, 1, 2, 3])
    expect(once.stepCostUsd[i]! / exact.stepCostUsd[i]!).toBeCloseTo(
      once.stepLatencyMs[i]! / exact.stepLatencyMs[i]!,
      9,
    )
})

describe("Aquatope under noise and outliers", () => {
  test("deploys something that keeps the budget in truth, within the noise", () => {
    const space = diamond(5)
    const target = budget(space)
    const exact = measureEstimates(space)
    const measure = measureEstimates(space, {
      random: seededRandom(2),
      logSd: 0.03,
      outlierShare: 0.03,
      outlierFactor: 3,
    })
    const { best } = runSearch(aquatope(space.steps, target, { random: seededRandom(4) }), measure, {
      evaluations: 40,
      target,
    })
    // Measured within the budget once: three standard deviations of a sum over four steps, all of it on one.
    expect(exact(best!).costUsd).toBeLessThan(target.bound * 1.09)
  })
})

describe("expected improvement", () => {
  test("is the gain where nothing is uncertain, and sd / sqrt(2 pi) at the incumbent", () => {
    expect(expectedImprovement({ mean: 1, variance: 0 }, 3)).toBe(2)
    expect(expectedImprovement({ mean: 3, variance: 0 }, 1)).toBe(0)
    expect(expectedImprovement({ mean: 2, variance: 4 }, 2)).toBeCloseTo(2 / Math.sqrt(2 * Math.PI), 12)
  })

  test("counts nothing beyond the constraint, and the constraint alone without an incumbent", () => {
    const [objective, far] = [
      { mean: 0, variance: 1 },
      { mean: 50, variance: 1 },
    ]
    expect(constrainedImprovement({ objective, constraint: far }, { incumbent: 1, bound: 0 })).toBeCloseTo(0, 12)
    const at = { mean: 0, variance: 1 }
    expect(constrainedImprovement({ objective, constraint: at }, { incumbent: null, bound: 0 })).toBeCloseTo(0.5, 12)
  })
})

test("a Latin hypercube has each stratum once in every column", () => {
  const rows = latinHypercube({ rows: 7, columns: 3, random: seededRandom(1) })
  for (const column of [0, 1, 2])
    expect(rows.map((row) => Math.floor(row[column]! * 7)).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test("allowances are scaled until they fit, and left alone where they do", () => {
  const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0)
  expect([...scaledToFit([1, 2], { extra: [1, 1], bound: 5, total })]).toEqual([2, 3])
  const scaled = scaledToFit([1, 2], { extra: [2, 4], bound: 6, total })
  expect(total(scaled)).toBeCloseTo(6, 6)
  expect(total(scaled)).toBeLessThanOrEqual(6)
})

test("a search space holds what its knobs leave, with the inputs of the free ones", () => {
  const memory = diamond(6).steps[0]!
  expect(memory.configs.every(({ instances, processes }) => instances === 1 && processes === 1)).toBe(true)
  expect(memory.configs).toHaveLength(16)
  expect(memory.inputs[0]).toEqual([0])
  expect(memory.inputs.at(-1)).toEqual([1])
  const both = diamond(6, MEMORY_AND_INSTANCES).steps[0]!
  expect(both.inputs[0]).toHaveLength(2)
  expect(new Set(both.configs.map(({ instances }) => instances)).size).toBeGreaterThan(1)
})
