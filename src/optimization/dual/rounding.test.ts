import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { reclaim } from "../reclaim.ts"
import type { SelectionProblem } from "../selection-problem.ts"
import { layersOf, randomParents, randomProblem, SHAPES, timeRange, valueOf } from "../testing/selection-problems.ts"
import { dualSimplex } from "./network-simplex.ts"
import { reclaimBySweeps } from "./reclaim-by-sweeps.ts"
import { reclaimSlack, roundDown } from "./rounding.ts"

/** The tolerance of every planner. */
const WITHIN = 1 + 1e-9

interface Instance {
  readonly problem: SelectionProblem
  readonly deadlineMs: number
}

function instances(seed: number): Instance[] {
  const random = seededRandom(seed)
  const drawn = [20, 60].map((steps) => randomParents(random, steps))
  return [...Object.values(SHAPES), ...drawn].flatMap((parents) =>
    [0, 0.02, 0.2, 0.6].map((share) => {
      const problem = randomProblem(random, parents)
      const { minMs, maxMs } = timeRange(problem)
      return { problem, deadlineMs: minMs + share * (maxMs - minMs) }
    }),
  )
}

test("windows round down to selections in time", () => {
  for (const { problem, deadlineMs } of instances(1)) {
    const { windowsMs, boundUsd } = dualSimplex(problem).solve(deadlineMs)!
    const { latencyMs, costUsd } = valueOf(problem, roundDown(problem, windowsMs))
    expect(latencyMs).toBeLessThanOrEqual(deadlineMs * WITHIN)
    expect(costUsd * WITHIN).toBeGreaterThanOrEqual(boundUsd)
  }
})

test("a window takes the cheapest entry of the curve, not of its hull", () => {
  const curve = { latencyMs: Float64Array.of(1, 5, 9), costUsd: Float64Array.of(10, 9, 1) }
  const problem: SelectionProblem = { graph: randomProblem(seededRandom(1), [[]]).graph, curves: [curve] }
  const round = (window: number): number => roundDown(problem, Float64Array.of(window))[0]!
  expect([0, 1, 4.9, 5, 8.9, 9, 20].map(round)).toEqual([0, 0, 0, 1, 1, 2, 2])
})

describe.each([
  ["greedy", (p: SelectionProblem, x: Int32Array, s: number) => reclaim({ graph: p.graph, frontiers: p.curves }, x, s)],
  ["sweeping", reclaimBySweeps],
  ["the chosen", reclaimSlack],
])("%s reclaim", (_, reclaimed) => {
  test("never raises the cost, keeps the deadline and finds nothing more on its own result", () => {
    for (const { problem, deadlineMs } of instances(2)) {
      const latest = deadlineMs * WITHIN
      const rounded = roundDown(problem, dualSimplex(problem).solve(deadlineMs)!.windowsMs)
      for (const from of [rounded, new Int32Array(rounded.length)]) {
        const before = valueOf(problem, from)
        const selection = reclaimed(problem, from, latest)
        const after = valueOf(problem, selection)
        expect(after.costUsd).toBeLessThanOrEqual(before.costUsd)
        // The room of a step and the end of all are sums in different orders.
        expect(after.latencyMs).toBeLessThanOrEqual(latest * WITHIN)
        expect([...reclaimed(problem, selection, latest)]).toEqual([...selection])
      }
    }
  })

  test("leaves no step that could move alone", () => {
    for (const { problem, deadlineMs } of instances(3)) {
      const selection = reclaimed(problem, new Int32Array(problem.curves.length), deadlineMs)
      for (const [i, curve] of problem.curves.entries()) {
        if (selection[i]! + 1 >= curve.latencyMs.length) continue
        const moved = selection.map((entry, j) => (i === j ? entry + 1 : entry))
        // Reclaim within the deadline, or within the tolerance of it: a move must break both clearly or not exist.
        expect(valueOf(problem, moved).latencyMs).toBeGreaterThan(deadlineMs * (1 - 1e-12))
      }
    }
  })
})

test("rounding and reclaiming by the relaxation's windows ends near its bound", () => {
  const gaps = [randomParents(seededRandom(4), 60), layersOf(8, 8), layersOf(20, 20)].map((parents) => {
    const problem = randomProblem(seededRandom(5), parents)
    const { minMs, maxMs } = timeRange(problem)
    const deadlineMs = minMs + 0.2 * (maxMs - minMs)
    const { boundUsd, windowsMs } = dualSimplex(problem).solve(deadlineMs)!
    const selection = reclaimSlack(problem, roundDown(problem, windowsMs), deadlineMs)
    return valueOf(problem, selection).costUsd / boundUsd - 1
  })
  // Curves of some 20 entries are coarse: rounding loses some percent; a schedule that is off loses tens.
  for (const gap of gaps) expect(gap).toBeLessThan(0.1)
})
