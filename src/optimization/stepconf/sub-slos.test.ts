import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { type Graph, graphOf } from "../../workflow/graph.ts"
import { randomWorkflow, workflowOf } from "../testing/synthetic-problem.ts"
import { type OpenSteps, subSlos, type Windows } from "./sub-slos.ts"

/**
 * The worked example of the StepConf paper, Fig. 9. The text names the critical path A1-A3-A8-A14, two sub-graphs
 * beside it, one of which starts with A4, and A9 and A11 as the single nodes left in the end; the rest is our choice:
 *
 *   A1 -> A3 -------------------------> A8 -> A14
 *   A1 -> A2 -> A5 -> A7 -------------> A8
 *   A1 -> A4 -> A6 -> A10 -> A12 -> A13 ----> A14
 *         A4 -> A9 -> A10     A6 -> A11 -> A13
 */
const FIG_9 = graphOf(
  workflowOf(
    Array.from({ length: 14 }, (_, i) => `A${i + 1}`),
    "A1 A3, A3 A8, A8 A14, A1 A2, A2 A5, A5 A7, A7 A8, A1 A4, A4 A6, A6 A10, A10 A12, A12 A13, A13 A14, A4 A9, A9 A10, A6 A11, A11 A13"
      .split(", ")
      .map((edge): [string, string] => {
        const [from, to] = edge.split(" ")
        return [from!, to!]
      }),
  ),
)
const HEAVY: Record<string, number> = { A1: 20, A3: 40, A8: 30, A14: 10 }

function fig9(changes: Partial<OpenSteps> = {}): OpenSteps {
  const n = FIG_9.names.length
  return {
    graph: FIG_9,
    open: new Uint8Array(n).fill(1),
    fastestMs: new Float64Array(n),
    weightMs: Float64Array.from(FIG_9.names, (name) => HEAVY[name] ?? 5),
    releaseMs: new Float64Array(n),
    deadlineMs: 1000,
    ...changes,
  }
}

function windowOf(windows: Windows, name: string): [number, number] {
  const i = FIG_9.indexOf.get(name)!
  return [Math.round(windows.startMs[i]!), Math.round(windows.endMs[i]!)]
}

describe("the worked example of Fig. 9", () => {
  test("the critical path gets its sub-SLOs by eq. (14), the sub-graphs what their ends on it leave", () => {
    const windows = subSlos(fig9())
    expect(windowOf(windows, "A1")).toEqual([0, 200])
    expect(windowOf(windows, "A3")).toEqual([200, 600])
    expect(windowOf(windows, "A8")).toEqual([600, 900])
    expect(windowOf(windows, "A14")).toEqual([900, 1000])
    expect([windowOf(windows, "A2")[0], windowOf(windows, "A7")[1]]).toEqual([200, 600])
    expect([windowOf(windows, "A4")[0], windowOf(windows, "A13")[1]]).toEqual([200, 900])
  })

  test("when the run reaches A4 its sub-graph is split again, down to the single nodes A9 and A11", () => {
    const done = new Set(["A1"])
    const running = new Set(["A3", "A2"])
    const release = 150
    const windows = subSlos(
      fig9({
        open: Uint8Array.from(FIG_9.names, (name) => (done.has(name) || running.has(name) ? 0 : 1)),
        releaseMs: Float64Array.from(FIG_9.names, (name) => (name === "A8" ? 560 : release)),
      }),
    )
    const [a4, a6, a10, a13] = ["A4", "A6", "A10", "A13"].map((name) => windowOf(windows, name))
    // The path A8-A14 is no longer the heaviest: A4 ... A13 has 25 of 35 from 150 on, and A8 keeps what is left.
    expect(a4![0]).toBe(release)
    expect(windowOf(windows, "A14")[1]).toBe(1000)
    expect(windowOf(windows, "A9")).toEqual([a4![1], a10![0]])
    expect(windowOf(windows, "A11")).toEqual([a6![1], a13![0]])
  })
})

/** Times of a random instance; some steps at the front are done, some releases lie in the future. */
function randomSteps(seed: number, size: number, slack: number): OpenSteps {
  const random = seededRandom(seed)
  const graph = graphOf(randomWorkflow(random, size))
  const open = new Uint8Array(size).fill(1)
  for (let i = 0; i < size / 3; i++)
    if (random.next() < 0.5 && graph.parents[i]!.every((parent) => !open[parent])) open[i] = 0
  const fastestMs = Float64Array.from(open, (isOpen) => (isOpen ? 1 + 99 * random.next() : 0))
  const weightMs = fastestMs.map((fastest) => fastest * (1 + 5 * random.next()))
  const releaseMs = Float64Array.from(open, () => (random.next() < 0.3 ? 100 * random.next() : 0))
  return { graph, open, fastestMs, weightMs, releaseMs, deadlineMs: earliestEnd(graph, fastestMs, releaseMs) * slack }
}

function earliestEnd(graph: Graph, fastestMs: Float64Array, releaseMs: Float64Array): number {
  const { tail } = schedule(graph, fastestMs)
  return releaseMs.reduce((end, release, i) => Math.max(end, release + fastestMs[i]! + tail[i]!), 0)
}

test("windows are a schedule in which every step has its fastest time, whenever there is one", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 14 }),
      fc.double({ min: 1, max: 4, noNaN: true }),
      (seed, size, slack) => {
        const steps = randomSteps(seed, size, slack)
        const { startMs, endMs } = subSlos(steps)
        const eps = 1e-6 * steps.deadlineMs
        for (let i = 0; i < size; i++) {
          if (!steps.open[i]) continue
          expect(startMs[i]!).toBeGreaterThanOrEqual(steps.releaseMs[i]! - eps)
          expect(endMs[i]! - startMs[i]!).toBeGreaterThanOrEqual(steps.fastestMs[i]! - eps)
          expect(endMs[i]!).toBeLessThanOrEqual(steps.deadlineMs + eps)
          for (const child of steps.graph.children[i]!) expect(startMs[child]!).toBeGreaterThanOrEqual(endMs[i]! - eps)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test("scaling every time by a factor scales the windows", () => {
  const steps = randomSteps(5, 10, 2)
  const scaled = {
    ...steps,
    fastestMs: steps.fastestMs.map((x) => 8 * x),
    weightMs: steps.weightMs.map((x) => 8 * x),
    releaseMs: steps.releaseMs.map((x) => 8 * x),
    deadlineMs: steps.deadlineMs * 8,
  }
  expect([...subSlos(scaled).endMs]).toEqual([...subSlos(steps).endMs].map((end) => end * 8))
})
