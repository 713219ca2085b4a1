import { expect, test } from "vitest"
import type { Estimate } from "../../estimation/estimator.ts"
import { scale } from "../../statistics/quantile-table-operations.ts"
import { frontierMergePlanner } from "../frontier-merge/frontier-merge-planner.ts"
import { syntheticEstimates } from "../testing/synthetic-estimates.ts"
import { problemOf, videoWorkflow } from "../testing/synthetic-problem.ts"
import { stepChoices } from "../step-choices.ts"
import { configurationProblem, type EstimateOf } from "./candidates.ts"
import { always } from "./counts.ts"
import { ALWAYS } from "./ways.ts"
import { chancePlanner } from "./chance-planner.ts"
import { searchSolver } from "./search-solver.ts"

/** A space without spread: what is uncertain is in the estimates alone. */
const problem = problemOf(videoWorkflow(), { sloMs: 9000, law: () => ({ spread: 1 }) })

const planner = (logSd: number): ReturnType<typeof chancePlanner> =>
  chancePlanner({ solver: searchSolver({ maxNodes: 1000, gap: 1e-9 }), estimateOf: syntheticEstimates(problem, logSd) })

test("without noise it finds the plan of the exact planner", () => {
  const found = planner(0).plan(problem)
  const exact = frontierMergePlanner().plan(problem)
  if (!found.feasible || !exact.feasible) throw new Error("nine seconds are enough")
  // Branch and bound was told to stop at a gap of 1e-9.
  expect(found.costUsd / exact.costUsd).toBeCloseTo(1, 8)
  expect(found.attainment?.share).toBe(1)
})

test("with noise it keeps the level, costs more, and says how often it was in time", () => {
  const calm = planner(0).plan(problem)
  const noisy = planner(0.2).plan(problem)
  if (!calm.feasible || !noisy.feasible) throw new Error("nine seconds are enough")
  expect(noisy.costUsd).toBeGreaterThan(calm.costUsd)
  const { level, share, lower, scenarios } = noisy.attainment!
  expect([level, scenarios]).toEqual([0.95, 2000])
  expect(lower).toBeLessThan(share)
  // Four standard errors of 2,000 fresh scenarios and of the 5,278 of the search.
  expect(share).toBeGreaterThan(0.95 - 4 * Math.sqrt(0.0475 * (1 / 2000 + 1 / 5278)))
  // At the percentile the plan uses up the SLO but for its granularity.
  expect(noisy.latencyMs).toBeLessThanOrEqual(9000)
  expect(noisy.latencyMs).toBeGreaterThan(0.9 * 9000)
})

test("a count that the run tells spreads a step's time and cost", () => {
  const choices = stepChoices(problem)
  const once = syntheticEstimates(problem, 0.1)
  const times = (factor: number, estimate: Estimate): Estimate => ({
    ...estimate,
    parts: {
      mappingDelay: scale(estimate.parts.mappingDelay, factor),
      download: scale(estimate.parts.download, factor),
      compute: scale(estimate.parts.compute, factor),
      upload: scale(estimate.parts.upload, factor),
    },
    costUsd: { mean: factor * estimate.costUsd.mean, sd: 0 },
  })
  const estimateOf: EstimateOf = (step, config, tasks = 1) => times(tasks, once(step, config))
  const tasks = { counts: [1, 3], weights: [1, 1] }
  const unfoldings = choices.graph.names.map(() => ({ probability: 1, loop: always(1), tasks, ways: ALWAYS }))
  const known = configurationProblem(choices, estimateOf).steps[0]!
  const counted = configurationProblem(choices, estimateOf, unfoldings).steps[0]!
  for (let k = 0; k < known.meanMs.length; k++) {
    // Half once and half three times: means double; E[n^2] = 5 times the spread within, and one mean between.
    expect(counted.meanMs[k]! / known.meanMs[k]!).toBeCloseTo(2, 9)
    expect(counted.sdMs[k]! ** 2 / (5 * known.sdMs[k]! ** 2 + known.meanMs[k]! ** 2)).toBeCloseTo(1, 9)
    expect(counted.sdUsd[k]! / known.meanUsd[k]!).toBeCloseTo(1, 9)
  }
})

test("what nothing can reach is infeasible, with the ends of what can be reached", () => {
  const result = planner(0.2).plan({ ...problem, goal: { kind: "cost", sloMs: 100, percentile: 0.95 } })
  if (result.feasible) throw new Error("nothing takes a tenth of a second")
  expect(result.fastest.latencyMs).toBeLessThan(result.cheapest.latencyMs)
})
