import { expect, test } from "vitest"
import { graphFrom } from "../testing/selection-problems.ts"
import { eventGraph } from "./event-graph.ts"

test("steps are arcs between their events; dependencies, source, sink and the return arc join them", () => {
  const graph = eventGraph(graphFrom([[], [], [0, 1]]))
  const arcs = Array.from(graph.tail, (from, arc) => `${from}>${graph.head[arc]!}`)
  expect(arcs).toEqual(["1>2", "3>4", "5>6", "2>5", "4>5", "0>1", "0>3", "6>7", "7>0"])
  expect(graph).toMatchObject({ steps: 3, events: 8, arcs: 9, sink: 7, returnArc: 8 })
  expect([...graph.firstDependency]).toEqual([3, 3, 3, 5])
})

test("every arc but the return arc leads to a later event", () => {
  const graph = eventGraph(graphFrom([[], [0], [0], [1, 2], []]))
  for (let arc = 0; arc < graph.returnArc; arc++) expect(graph.tail[arc]).toBeLessThan(graph.head[arc]!)
})
