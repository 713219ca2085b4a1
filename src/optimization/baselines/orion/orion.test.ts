import { expect, test } from "vitest"
import { sampleEndToEnd, ascendingQuantile } from "../../../statistics/end-to-end-sample.ts"
import { randomTable } from "../../../statistics/monte-carlo.ts"
import { constant, logNormal, quantile } from "../../../statistics/quantile-table.ts"
import { graphOf } from "../../../workflow/graph.ts"
import { describePlanner } from "../../testing/planner-conformance.ts"
import { problemOf, videoWorkflow, workflowOf } from "../../testing/synthetic-problem.ts"
import { endToEndLaw } from "./end-to-end.ts"
import { betweenSizes, certain, gridLaw, inParallel, inSeries, percentileOf } from "./grid-law.ts"
import { orionPlanner } from "./orion-planner.ts"
import { prewarmDelays } from "./prewarm-delays.ts"
import { rightSize } from "./right-sizing.ts"

describePlanner(orionPlanner, { complete: false, problems: 1, knobs: ({ instances }) => instances === 1 })

const DIAMOND = graphOf(
  workflowOf(
    ["a", "b", "c", "d"],
    [
      ["a", "b"],
      ["a", "c"],
      ["b", "d"],
      ["c", "d"],
    ],
  ),
)
const CHAIN = graphOf(workflowOf(["a", "b"], [["a", "b"]]))

test("certain times are exact, alone and beside uncertain ones", () => {
  const times = [10, 5, 7, 1].map(certain)
  expect(percentileOf(endToEndLaw(DIAMOND, times), 0.95)).toBe(18)
  const law = gridLaw(logNormal(100, 0.2))
  expect(percentileOf(inSeries(law, certain(50)), 0.9)).toBeCloseTo(percentileOf(law, 0.9) + 50, 9)
  expect(inParallel(law, certain(1))).toBe(law)
})

test("convolution and product of the cdfs agree with scenarios", () => {
  const laws = [logNormal(100, 0.3), logNormal(150, 0.2), logNormal(140, 0.4), logNormal(60, 0.1)]
  const law = endToEndLaw(DIAMOND, laws.map(gridLaw))
  const sample = sampleEndToEnd(
    { order: [0, 1, 2, 3], parents: DIAMOND.parents },
    (i) => laws[i]!,
    randomTable({ seed: 5, scenarios: 20_000 }),
  )
  for (const p of [0.5, 0.9, 0.95])
    // Grids of 96 points three times in a row, and 0.3 % of sampling error.
    expect(Math.abs(percentileOf(law, p) / ascendingQuantile(sample, p) - 1)).toBeLessThan(0.015)
})

test("percentiles between two profiled sizes are linear in memory", () => {
  const [low, high] = [logNormal(400, 0.1), logNormal(100, 0.3)]
  const law = betweenSizes({ memoryMB: 1024, law: low }, { memoryMB: 2048, law: high }, 1280)
  for (const p of [0.5, 0.95])
    expect(quantile(law, p)).toBeCloseTo(0.75 * quantile(low, p) + 0.25 * quantile(high, p), 6)
})

test("right-sizing spends where the percentile falls most per dollar, and no further than the deadline", () => {
  const steps = [
    { laws: [100, 80, 60].map(certain), costUsd: [1, 2, 3] },
    { laws: [100, 60, 50].map(certain), costUsd: [1, 2, 4] },
  ]
  const sized = (deadlineMs: number): number[] => [...rightSize({ graph: CHAIN, steps, percentile: 0.9, deadlineMs })]
  expect(sized(200)).toEqual([0, 0])
  expect(sized(170)).toEqual([0, 1])
  expect(sized(140)).toEqual([1, 1])
  expect(sized(10)).toEqual([2, 2])
})

test("the number of workers in a bundle is one, two, four or eight", () => {
  const workflow = videoWorkflow({
    memoryMB: { min: 1024, max: 10_240, step: 1024 },
    instances: { min: 1, max: 2, step: 1 },
    processes: { min: 1, max: 6, step: 1 },
  })
  const { plan } = orionPlanner().attempt(problemOf(workflow, { sloMs: 1, law: () => ({ tasks: 32 }) }))
  expect(new Set(Object.values(plan).map(({ processes }) => processes))).toEqual(new Set([4]))
})

test("instances are warmed as late as the percentile allows, and never later than they are needed", () => {
  const law = gridLaw(constant(1000))
  const chain = { graph: CHAIN, laws: [law, law], initMs: [0, 250], percentile: 0.95 }
  expect([...prewarmDelays({ ...chain, deadlineMs: 10_000 })]).toEqual([0, 700])
  expect([...prewarmDelays({ ...chain, deadlineMs: 1900 })]).toEqual([0, 0])
})
