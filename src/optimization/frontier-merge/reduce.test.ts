import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { searchCost } from "../branch-and-bound/search-cost.ts"
import { chainOf, randomParents, randomProblem, SHAPES, timeRange, valueOf } from "../testing/selection-problems.ts"
import { expandSelection, kernelOf } from "./reduce.ts"

const EXACT = { maxNodes: 20_000, gap: 0 }

describe("the kernel of a workflow", () => {
  test("has one step where all is series-parallel, and more elsewhere", () => {
    const stepsOf = (name: string): number =>
      kernelOf(randomProblem(seededRandom(1), SHAPES[name]!, 10), Infinity).problem.curves.length
    expect(Object.keys(SHAPES).filter((name) => stepsOf(name) === 1)).toEqual([
      "chain",
      "diamond",
      "fanOut",
      "ml",
      "video",
      "mapReduce",
    ])
  })

  test("costs what the workflow costs, with the same selection behind it, whatever was merged", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed)
      const problem = randomProblem(random, randomParents(random, 2 + (seed % 8), 4), 8)
      const { minMs, maxMs } = timeRange(problem)
      const deadlineMs = minMs + random.next() * (maxMs - minMs)
      const direct = searchCost(problem, deadlineMs, EXACT)!
      for (const budget of [0, 100, Infinity]) {
        const kernel = kernelOf(problem, budget)
        const found = searchCost(kernel.problem, deadlineMs, EXACT)!
        const value = valueOf(problem, expandSelection(kernel, found.selection, problem.curves.length))
        expect(kernel.error).toBe(1)
        expect(found.costUsd / direct.costUsd).toBeCloseTo(1, 9)
        expect(value.costUsd / direct.costUsd).toBeCloseTo(1, 9)
        expect(value.latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + 1e-9))
      }
    }
  })

  test("a wide fork becomes one super-step without any pairs, which tightens the relaxation", () => {
    const wide = [[], ...Array.from({ length: 40 }, () => [0]), Array.from({ length: 40 }, (_, i) => i + 1)]
    const problem = randomProblem(seededRandom(4), wide, 30)
    const { problem: merged } = kernelOf(problem, 0)
    expect(merged.curves.length).toBe(3)
    const { minMs, maxMs } = timeRange(problem)
    const deadlineMs = minMs + 0.3 * (maxMs - minMs)
    const root = { maxNodes: 0, gap: 0 }
    expect(searchCost(merged, deadlineMs, root)!.lowerBound).toBeGreaterThan(
      searchCost(problem, deadlineMs, root)!.lowerBound,
    )
  })

  test("thinned curves say by how much they may be off, and are within it", () => {
    const problem = randomProblem(seededRandom(6), chainOf(5), 1500)
    const kernel = kernelOf(problem, Infinity)
    expect(kernel.error).toBeGreaterThan(1)
    expect(kernel.error).toBeLessThan(1.01)
    const { minMs, maxMs } = timeRange(problem)
    for (const share of [0.1, 0.5, 0.9]) {
      const deadlineMs = minMs + share * (maxMs - minMs)
      const merged = searchCost(kernel.problem, deadlineMs, EXACT)!
      const direct = searchCost(problem, deadlineMs, { maxNodes: 300, gap: 1e-6 })!
      expect(merged.lowerBound / kernel.error).toBeLessThanOrEqual(direct.costUsd * (1 + 1e-9))
      expect(merged.costUsd).toBeLessThanOrEqual(direct.costUsd * kernel.error * (1 + 1e-9))
    }
  })
})
