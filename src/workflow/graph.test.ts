import fc from "fast-check"
import { expect, test } from "vitest"
import { criticalPath, schedule } from "./critical-path.ts"
import { graphOf } from "./graph.ts"
import { barrier16, diamond, fromEdges, ml, video } from "./testing/workflows.ts"

test("the critical path of a diamond goes through its slower branch", () => {
  const graph = graphOf(diamond)
  expect(criticalPath(graph, [1, 2, 5, 1]).map((i) => graph.names[i])).toEqual(["a", "c", "d"])
  expect(schedule(graph, [1, 2, 5, 1]).length).toBe(7)
})

test("of several sources the path starts at the one that ends last", () => {
  const graph = graphOf(ml)
  const durations = graph.names.map((name) => (name.endsWith("2") ? 3 : 1))
  expect(criticalPath(graph, durations).map((i) => graph.names[i])).toEqual(["preprocess2", "train2", "merge2"])
})

test("the named workflows have the shapes they are drawn with", () => {
  expect(video.steps).toHaveLength(8)
  expect(barrier16.steps).toHaveLength(16)
  expect(graphOf(video).children[1]).toHaveLength(2)
})

const dag = fc
  .integer({ min: 1, max: 12 })
  .chain((n) =>
    fc.tuple(
      fc.array(fc.array(fc.boolean(), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: n, maxLength: n }),
    ),
  )

test("for any DAG the path is connected, as long as the schedule, and no edge is violated", () => {
  fc.assert(
    fc.property(dag, ([adjacency, weights]) => {
      const edges = Object.fromEntries(
        adjacency.map((row, i) => [`s${i}`, row.flatMap((linked, j) => (linked && j < i ? [`s${j}`] : []))]),
      )
      const graph = graphOf(fromEdges("random", edges))
      const durations = graph.names.map((name) => weights[Number(name.slice(1))]!)
      const { start, end, tail, length } = schedule(graph, durations)
      const path = criticalPath(graph, durations)
      expect(path.reduce((sum, i) => sum + durations[i]!, 0)).toBe(length)
      path.forEach((step, i) => {
        if (i > 0) expect(graph.parents[step]).toContain(path[i - 1])
      })
      graph.parents.forEach((parents, i) => {
        for (const parent of parents) expect(start[i]).toBeGreaterThanOrEqual(end[parent]!)
        expect(end[i]! + tail[i]!).toBeLessThanOrEqual(length)
      })
    }),
  )
})
