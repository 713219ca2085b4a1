import { expect, test } from "vitest"
import { graphOf } from "../workflow/graph.ts"
import { widths } from "./concurrency.ts"
import { CAUTIONS, cautionFor, margins, onlineKappas, openPathSteps } from "./margins.ts"
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

test("margins in standard deviations fall with the root of the open steps on the longest path", () => {
  const open = Uint8Array.from([0, 0, 1, 1, 1, 1, 1, 1])
  expect([...openPathSteps(graph, open)]).toEqual([0, 0, 5, 5, 5, 5, 5, 5])
  expect(onlineKappas(graph, open, { kappa: 2 })[4]).toBeCloseTo(2 / Math.sqrt(5), 12)
  expect(onlineKappas(graph, open, { kappa: 2, shrink: 1 })[4]).toBeCloseTo(2 / 5, 12)
  const last = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1])
  expect([...onlineKappas(graph, last, { kappa: 2 })]).toEqual([0, 0, 0, 0, 0, 0, 0, 2])
})

test("caution gives way before the plan must rush, and always ends", () => {
  const fastest = (caution: number): number => 900 + 100 * caution
  expect(cautionFor(fastest, 2000)).toBe(1)
  // 960 of 990 is within 98 %, 1,000 is not.
  expect(cautionFor(fastest, 990)).toBe(0.6)
  expect(cautionFor(fastest, 900)).toBe(0)
  expect(cautionFor(fastest, 899)).toBeNull()
  expect(CAUTIONS.at(-1)).toBe(0)
})
