import { expect, test } from "vitest"
import { graphOf } from "../../../workflow/graph.ts"
import { workflowOf } from "../../testing/synthetic-problem.ts"
import { type CachedPair, initialCache, remember, visitStep } from "./cached-pairs.ts"

/**
 * The worked example of the StepConf paper, Fig. 9. The text names the critical path A1-A3-A8-A14, two sub-graphs
 * beside it, one of which starts with A4, and A9 and A11 as the single nodes left in the end; all other nodes and all
 * edges are our choice:
 *
 *   A1 -> A3 -------------------------> A8 -> A14
 *   A1 -> A2 -> A5 -> A7 -------------> A8
 *   A1 -> A4 -> A6 -> A10 -> A12 -> A13 ----> A14
 *         A4 -> A9 -> A10     A6 -> A11 -> A13
 */
const EDGES =
  "A1 A3, A3 A8, A8 A14, A1 A2, A2 A5, A5 A7, A7 A8, A1 A4, A4 A6, A6 A10, A10 A12, A12 A13, A13 A14, A4 A9, A9 A10, A6 A11, A11 A13"
const GRAPH = graphOf(
  workflowOf(
    Array.from({ length: 14 }, (_, i) => `A${i + 1}`),
    EDGES.split(", ").map((edge): [string, string] => {
      const [from, to] = edge.split(" ")
      return [from!, to!]
    }),
  ),
)
const WEIGHTS: Record<string, number> = { A1: 20, A3: 40, A8: 30, A14: 10, A9: 3, A11: 8 }
const weightMs = GRAPH.names.map((name) => WEIGHTS[name] ?? 5)

const at = (name: string): number => GRAPH.indexOf.get(name)!

/** "A2 A5 A7 by 600", in the order of the numbers. */
function text({ steps, latestFinishMs }: CachedPair): string {
  const names = steps.map((i) => GRAPH.names[i]!).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
  return `${names.join(" ")} by ${Math.round(latestFinishMs * 1000) / 1000}`
}

/** Every pair that the run of Fig. 9 stores, in the order in which its steps are reached at the given instants. */
test("the cache holds every pair of Fig. 9, down to the single nodes", () => {
  const cache = initialCache(GRAPH, 1000)
  expect([...cache.values()].map(text)).toEqual(["A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 by 1000"])
  const reach = (name: string, nowMs: number): { path: string; subSloMs: number[]; stored: string[] } => {
    const { path, subSloMs, stored } = visitStep(GRAPH, cache.get(at(name))!, { step: at(name), nowMs, weightMs })
    remember(GRAPH, cache, stored)
    return { path: path.map((i) => GRAPH.names[i]).join(" "), subSloMs: [...subSloMs], stored: stored.map(text).sort() }
  }
  // The path weighs 100 of 1,000 ms: A8 starts at 600, A14 at 900.
  expect(reach("A1", 0)).toEqual({
    path: "A1 A3 A8 A14",
    subSloMs: [200, 400, 300, 100],
    stored: ["A2 A5 A7 by 600", "A3 A8 A14 by 1000", "A4 A6 A9 A10 A11 A12 A13 by 900"],
  })
  // A1 ended 50 ms early: A3 ... A14 share 850 ms by 40, 30, 10. Their sub-graphs keep the deadlines stored before.
  expect(reach("A3", 150)).toEqual({
    path: "A3 A8 A14",
    subSloMs: [425, 318.75, 106.25],
    stored: ["A8 A14 by 1000"],
  })
  expect(reach("A2", 150)).toEqual({ path: "A2 A5 A7", subSloMs: [150, 150, 150], stored: ["A5 A7 by 600"] })
  // 750 ms for A4 A6 A10 A12 A13, 5 each: A10 starts at 450, A13 at 750. By A11 it would weigh only 23.
  expect(reach("A4", 150)).toEqual({
    path: "A4 A6 A10 A12 A13",
    subSloMs: [150, 150, 150, 150, 150],
    stored: ["A11 by 750", "A6 A10 A12 A13 by 900", "A9 by 450"],
  })
  // Single nodes: all the time there is, and nothing left to store.
  expect(reach("A9", 300)).toEqual({ path: "A9", subSloMs: [150], stored: [] })
  expect(reach("A6", 300)).toMatchObject({ path: "A6 A10 A12 A13", stored: ["A10 A12 A13 by 900"] })
  expect(reach("A11", 500)).toEqual({ path: "A11", subSloMs: [250], stored: [] })
  expect(reach("A5", 310)).toEqual({ path: "A5 A7", subSloMs: [145, 145], stored: ["A7 by 600"] })
  expect(reach("A10", 460)).toMatchObject({ path: "A10 A12 A13", stored: ["A12 A13 by 900"] })
  expect(reach("A7", 460)).toEqual({ path: "A7", subSloMs: [140], stored: [] })
  expect(reach("A12", 600)).toEqual({ path: "A12 A13", subSloMs: [150, 150], stored: ["A13 by 900"] })
  expect(reach("A8", 580)).toEqual({ path: "A8 A14", subSloMs: [315, 105], stored: ["A14 by 1000"] })
  // A13 is reached too late: its sub-SLO is negative, and the deficit passes on.
  expect(reach("A13", 950)).toEqual({ path: "A13", subSloMs: [-50], stored: [] })
  expect(reach("A14", 980)).toEqual({ path: "A14", subSloMs: [20], stored: [] })
  expect(cache.size).toBe(14)
})

test("what does not hang between two vertices of the path gets no pair", () => {
  const shape = (names: string, edges: string): ReturnType<typeof graphOf> =>
    graphOf(
      workflowOf(
        names.split(""),
        edges.split(" ").map((edge): [string, string] => [edge[0]!, edge[1]!]),
      ),
    )
  const storedBy = (graph: ReturnType<typeof graphOf>, heavy: string): string[] => {
    const cache = initialCache(graph, 100)
    const pair = cache.get(0)
    if (pair === undefined) return ["none"]
    const weights = graph.names.map((name) => (heavy.includes(name) ? 10 : 1))
    const { stored } = visitStep(graph, pair, { step: 0, nowMs: 0, weightMs: weights })
    return stored.map(({ steps }) => steps.map((i) => graph.names[i]).join(""))
  }
  // A branch that leaves at a sink of its own.
  expect(storedBy(shape("abcd", "ab bc ad"), "abc")).toEqual(["bc"])
  // A branch that touches the path three times.
  expect(storedBy(shape("abcde", "ab bc cd ae ec ed"), "abcd")).toEqual(["bcd"])
  // Several sources: no sub-graph starts with a single step.
  expect(storedBy(shape("abc", "ac bc"), "abc")).toEqual(["none"])
})
