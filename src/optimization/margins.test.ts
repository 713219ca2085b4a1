import { expect, test } from "vitest"
import { graphOf } from "../workflow/graph.ts"
import { widths } from "./concurrency.ts"
import { margins } from "./margins.ts"
import { videoWorkflow } from "./testing/synthetic-problem.ts"

const graph = graphOf(videoWorkflow())
const width = widths(graph)

test("a long path needs less margin per step, parallel steps need more", () => {
  const all = margins(graph, width, new Uint8Array(8).fill(1))
  expect([...all].map((margin) => Number(margin.toFixed(2)))).toEqual([0.55, 0.55, 0.7, 0.7, 0.55, 0.55, 0.55, 0.55])
})

test("the margin grows as the path gets shorter, up to the whole percentile for the last step", () => {
  const last = [3, 2, 1].map(
    (left) =>
      margins(
        graph,
        width,
        Uint8Array.from({ length: 8 }, (_, i) => (i >= 8 - left ? 1 : 0)),
      )[7],
  )
  expect(last).toEqual([expect.closeTo(0.85, 9), 1, 1])
})
