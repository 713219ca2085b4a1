import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { certificateHolds } from "../dual/certificate.ts"
import { reduceWorkflow } from "../frontier-merge/reduce.ts"
import type { SearchLimits, SelectionProblem } from "../selection-problem.ts"
import { cheapestByEnumeration } from "../testing/exhaustive.ts"
import { randomParents, randomProblem, SHAPES, timeRange, valueOf } from "../testing/selection-problems.ts"
import { searchCost } from "./search-cost.ts"

const EXACT: SearchLimits = { maxNodes: 100_000, gap: 0 }

/** Sums of the same numbers in another order. */
const ROUNDING = 1e-9

function deadlineOf(problem: SelectionProblem, share: number): number {
  const { minMs, maxMs } = timeRange(problem)
  return minMs + share * (maxMs - minMs)
}

describe("searched to the end", () => {
  test("up to five steps nothing is cheaper in any combination", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      const problem = randomProblem(random, randomParents(random, 1 + (seed % 5)), 9)
      const deadlineMs = deadlineOf(problem, random.next())
      const found = searchCost(problem, deadlineMs, EXACT)!
      const best = cheapestByEnumeration(problem, deadlineMs)!
      expect(Math.abs(found.costUsd / best.costUsd - 1)).toBeLessThan(ROUNDING)
      expect(Math.abs(found.lowerBound / best.costUsd - 1)).toBeLessThan(ROUNDING)
    }
  })

  // Over-pruning showed here alone, by hundredths of a percent: the merge is exact and shares no code with the search.
  test.each(["ml", "video"])("the frontier merge finds the same cost on %s", (name) => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(1000 + seed)
      const problem = randomProblem(random, SHAPES[name]!, 25)
      const whole = reduceWorkflow({ graph: problem.graph, frontiers: problem.curves })!
      expect(whole.error).toBe(1)
      const deadlineMs = deadlineOf(problem, 0.05 + 0.9 * random.next())
      const entry = whole.latencyMs.findLastIndex((ms) => ms <= deadlineMs * (1 + 1e-9))
      const found = searchCost(problem, deadlineMs, EXACT)!
      expect(Math.abs(found.costUsd / whole.costUsd[entry]! - 1)).toBeLessThan(1e-6)
      expect(found.gap).toBeLessThan(ROUNDING)
    }
  })
})

describe("with limits", () => {
  test("selections keep the deadline, and no bound is above what a longer search finds", () => {
    for (const [at, parents] of Object.values(SHAPES).entries()) {
      const random = seededRandom(50 + at)
      const problem = randomProblem(random, parents, 60)
      const deadlineMs = deadlineOf(problem, 0.4)
      const long = searchCost(problem, deadlineMs, { maxNodes: 300, gap: 0 })!
      for (const maxNodes of [0, 1, 5, 30]) {
        const found = searchCost(problem, deadlineMs, { maxNodes, gap: 0 })!
        const value = valueOf(problem, found.selection)
        expect(value.latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + ROUNDING))
        expect(found.latencyMs).toBeCloseTo(value.latencyMs, 6)
        expect(Math.abs(found.costUsd / value.costUsd - 1)).toBeLessThan(ROUNDING)
        expect(found.nodes).toBeLessThanOrEqual(maxNodes)
        expect(found.lowerBound).toBeLessThanOrEqual(long.costUsd * (1 + ROUNDING))
        expect(found.costUsd).toBeGreaterThanOrEqual(long.lowerBound * (1 - ROUNDING))
      }
    }
  })

  test("a gap that is accepted is the gap that is reported, not a proof of the best", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const problem = randomProblem(random, SHAPES["dag16"]!, 30)
      const deadlineMs = deadlineOf(problem, 0.3)
      const rough = searchCost(problem, deadlineMs, { maxNodes: 10_000, gap: 0.01 })!
      const fine = searchCost(problem, deadlineMs, { maxNodes: 10_000, gap: 1e-4 })!
      expect(rough.gap).toBeLessThanOrEqual(0.01 + ROUNDING)
      expect(rough.lowerBound).toBeLessThanOrEqual(fine.costUsd * (1 + ROUNDING))
      expect(fine.gap).toBeLessThanOrEqual(1e-4 + ROUNDING)
      expect(fine.costUsd).toBeLessThanOrEqual(rough.costUsd * (1 + 1e-4))
    }
  })

  test("the certificate of the root proves the bound of a search without nodes", () => {
    for (const [at, parents] of Object.values(SHAPES).entries()) {
      const problem = randomProblem(seededRandom(at), parents, 40)
      const deadlineMs = deadlineOf(problem, 0.5)
      const { certificate, lowerBound } = searchCost(problem, deadlineMs, { maxNodes: 0, gap: 0 })!
      // The search gives the deadline a billionth more; the bound moves by that times F S / cost, at most some tens.
      expect(certificateHolds(problem, deadlineMs, certificate!, lowerBound * (1 - 1e-7))).toBe(true)
      expect(certificateHolds(problem, deadlineMs, certificate!, lowerBound * 1.001)).toBe(false)
    }
  })

  test("it ends when told to, with a plan and an honest bound", () => {
    const problem = randomProblem(seededRandom(9), SHAPES["dag16"]!, 60)
    const deadlineMs = deadlineOf(problem, 0.3)
    const best = searchCost(problem, deadlineMs, { maxNodes: 2000, gap: 1e-4 })!
    for (const polls of [0, 1, 3, 10, 40]) {
      let left = polls
      const stopped = searchCost(problem, deadlineMs, { ...EXACT, shouldStop: () => left-- <= 0 })!
      expect(valueOf(problem, stopped.selection).latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + ROUNDING))
      expect(stopped.lowerBound).toBeLessThanOrEqual(best.costUsd * (1 + ROUNDING))
    }
  })
})

describe("the ends of the range", () => {
  const problem = randomProblem(seededRandom(3), SHAPES["dag16"]!, 40)
  const { minMs, maxMs } = timeRange(problem)

  test("the least time there is has a plan, a little less has none", () => {
    expect(searchCost(problem, minMs, EXACT)!.latencyMs).toBeCloseTo(minMs, 6)
    expect(searchCost(problem, minMs * (1 - 1e-6), EXACT)).toBeNull()
  })

  test("with time enough the cheapest entries are proven best without a node", () => {
    const { costUsd, lowerBound, nodes } = searchCost(problem, maxMs, EXACT)!
    const cheapest = problem.curves.reduce((sum, curve) => sum + curve.costUsd.at(-1)!, 0)
    expect([costUsd / cheapest, lowerBound / cheapest]).toEqual([expect.closeTo(1, 12), expect.closeTo(1, 12)])
    expect(nodes).toBe(0)
  })

  test("curves of one entry and workflows of one step are no special case", () => {
    const lone = randomProblem(seededRandom(5), [[]], 1)
    expect(searchCost(lone, 1e9, EXACT)).toMatchObject({ selection: Int32Array.of(0), gap: 0 })
    expect(searchCost(lone, lone.curves[0]!.latencyMs[0]! / 2, EXACT)).toBeNull()
  })
})

test("units of time and money do not matter", () => {
  const problem = randomProblem(seededRandom(8), SHAPES["dag16"]!, 40)
  const deadlineMs = deadlineOf(problem, 0.4)
  const limits: SearchLimits = { maxNodes: 50, gap: 1e-4 }
  const { selection } = searchCost(problem, deadlineMs, limits)!
  for (const [times, costs] of [
    [1024, 1],
    [1, 2 ** -30],
    [2 ** -20, 2 ** 10],
  ] as const) {
    const curves = problem.curves.map(({ latencyMs, costUsd }) => ({
      latencyMs: latencyMs.map((ms) => ms * times),
      costUsd: costUsd.map((usd) => usd * costs),
    }))
    expect(searchCost({ graph: problem.graph, curves }, deadlineMs * times, limits)!.selection).toEqual(selection)
  }
})
