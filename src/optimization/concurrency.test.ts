import { expect, test } from "vitest"
import { graphOf } from "../workflow/graph.ts"
import { widths } from "./concurrency.ts"
import { videoWorkflow, workflowOf } from "./testing/synthetic-problem.ts"

test("only the two branches of the video pipeline run at the same time", () => {
  expect([...widths(graphOf(videoWorkflow()))]).toEqual([1, 1, 2, 2, 1, 1, 1, 1])
})

test("steps of three independent chains have two others beside them", () => {
  const workflow = workflowOf(
    ["a1", "a2", "b1", "b2", "c1"],
    [
      ["a1", "a2"],
      ["b1", "b2"],
    ],
  )
  expect([...widths(graphOf(workflow))]).toEqual([3, 3, 3, 3, 3])
})
