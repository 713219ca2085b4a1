import { expect, test } from "vitest"
import { graphOf } from "../workflow/graph.ts"
import { planEnd } from "./plan-schedule.ts"
import { workflowOf } from "./testing/synthetic-problem.ts"

const graph = graphOf(
  workflowOf(
    ["a", "b", "c", "d"],
    [
      ["a", "d"],
      ["b", "d"],
      ["c", "d"],
    ],
  ),
)
const durationsMs = Float64Array.from([10, 20, 30, 5])

test("steps that fit together run at once: the longest path", () => {
  const usage = graph.names.map(() => ({ vcpus: 1, instances: 1 }))
  expect(planEnd(graph, { durationsMs, usage }, { vcpus: 3, instances: 10 })).toBe(35)
  expect(planEnd(graph, { durationsMs, usage }, { vcpus: Infinity, instances: 10 })).toBe(35)
})

test("steps that do not fit together wait, an oversized one runs alone", () => {
  const usage = graph.names.map(() => ({ vcpus: 5, instances: 1 }))
  expect(planEnd(graph, { durationsMs, usage }, { vcpus: 3, instances: 10 })).toBe(65)
  const mixed = [1, 1, 2, 1].map((vcpus) => ({ vcpus, instances: 1 }))
  expect(planEnd(graph, { durationsMs, usage: mixed }, { vcpus: 2, instances: 10 })).toBe(55)
})

test("a duration that is no number ends in no number, not in an endless wait", () => {
  const usage = graph.names.map(() => ({ vcpus: 5, instances: 1 }))
  const broken = Float64Array.from([10, NaN, 30, 5])
  expect(planEnd(graph, { durationsMs: broken, usage }, { vcpus: 3, instances: 10 })).toBeNaN()
})
