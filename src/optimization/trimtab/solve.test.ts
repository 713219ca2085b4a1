import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { certificateHolds } from "../dual/certificate.ts"
import type { SelectionProblem } from "../selection-problem.ts"
import { chainOf, randomParents, randomProblem, SHAPES, timeRange, valueOf } from "../testing/selection-problems.ts"
import { type Solved, solveBudget, solveDeadline } from "./solve.ts"

/** Sums of the same numbers in another order. */
const ROUNDING = 1e-9

function deadlineOf(problem: SelectionProblem, share: number): number {
  const { minMs, maxMs } = timeRange(problem)
  return minMs + share * (maxMs - minMs)
}

function gapOf(problem: SelectionProblem, { selection, lowerBound }: Solved): number {
  return valueOf(problem, selection).costUsd / lowerBound - 1
}

describe("large workflows", () => {
  const layers = (count: number, width: number): number[][] =>
    Array.from({ length: count * width }, (_, i) => {
      const first = (Math.floor(i / width) - 1) * width
      return first < 0 ? [] : [first + (i % width), first + ((i + 1) % width)]
    })

  // Curves of six entries leave a percent or two between relaxation and plan.
  test.each<[string, number[][], number]>([
    ["300 steps in a row", chainOf(300), 0.01],
    ["400 random steps", randomParents(seededRandom(1), 400), 0.05],
    ["2,400 steps side by side in layers of 300", layers(8, 300), 0.05],
    ["a fork of 500 steps", [[], ...Array.from({ length: 500 }, () => [0])], 0.01],
  ])("%s keep the deadline within a small proven gap", (_, parents, most) => {
    const problem = randomProblem(seededRandom(2), parents, 6)
    const deadlineMs = deadlineOf(problem, 0.4)
    const solved = solveDeadline(problem, deadlineMs, { effort: "default" })!
    expect(valueOf(problem, solved.selection).latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + ROUNDING))
    expect(gapOf(problem, solved)).toBeLessThan(most)
    expect(gapOf(problem, solved)).toBeGreaterThanOrEqual(-ROUNDING)
    if (solved.certificate?.kind !== "flow") throw new Error("expected a flow")
    const { problem: kernel, boundUsd, flow } = solved.certificate
    expect(certificateHolds(kernel, deadlineMs, flow, boundUsd)).toBe(true)
  })

  test("a search that is stopped at once still has a plan for either goal", () => {
    const problem = randomProblem(seededRandom(3), SHAPES["dag16"]!, 30)
    const options = { effort: "exact", shouldStop: () => true } as const
    const deadlineMs = deadlineOf(problem, 0.3)
    const { selection } = solveDeadline(problem, deadlineMs, options)!
    expect(valueOf(problem, selection).latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + ROUNDING))
    const budgetUsd = valueOf(problem, selection).costUsd
    const within = solveBudget(problem, budgetUsd, options)!
    expect(valueOf(problem, within.selection).costUsd).toBeLessThanOrEqual(budgetUsd * (1 + ROUNDING))
    expect(within.lowerBound).toBeLessThanOrEqual(deadlineMs * (1 + ROUNDING))
  })
})

describe("super-steps", () => {
  test("of steps side by side make the same plans, and prove at least as much", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const problem = randomProblem(seededRandom(seed), SHAPES["mapReduce"]!, 12)
      const deadlineMs = deadlineOf(problem, 0.05 + seed * 0.08)
      const solved = solveDeadline(problem, deadlineMs, { effort: "exact" })!
      expect(valueOf(problem, solved.selection).latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + ROUNDING))
      expect(gapOf(problem, solved)).toBeLessThan(1e-4 + ROUNDING)
    }
  })

  test("of several kinds keep a budget", () => {
    for (const [at, parents] of Object.values(SHAPES).entries()) {
      const problem = randomProblem(seededRandom(at), parents, 12)
      const cheapest = problem.curves.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0)
      const { selection, lowerBound } = solveBudget(problem, cheapest * 1.3, { effort: "default" })!
      const { costUsd, latencyMs } = valueOf(problem, selection)
      expect(costUsd).toBeLessThanOrEqual(cheapest * 1.3 * (1 + ROUNDING))
      expect(lowerBound).toBeLessThanOrEqual(latencyMs * (1 + ROUNDING))
    }
  })
})
