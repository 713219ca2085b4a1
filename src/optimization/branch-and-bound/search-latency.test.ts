import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { certificateBound } from "../dual/certificate.ts"
import { dualSimplex } from "../dual/network-simplex.ts"
import type { SelectionProblem } from "../selection-problem.ts"
import { fastestByEnumeration } from "../testing/exhaustive.ts"
import { randomParents, randomProblem, SHAPES, timeRange, valueOf } from "../testing/selection-problems.ts"
import { searchCost } from "./search-cost.ts"
import { searchLatency } from "./search-latency.ts"

const LIMITS = { maxNodes: 30, gap: 0 }

function budgetOf({ curves }: SelectionProblem, share: number): number {
  const cheapest = curves.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0)
  const dearest = curves.reduce((sum, { costUsd }) => sum + costUsd[0]!, 0)
  return cheapest + share * (dearest - cheapest)
}

test("up to five steps it is the optimum within the precision of the bisection, and no bound is above it", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed)
    const problem = randomProblem(random, randomParents(random, 1 + (seed % 5)), 8)
    const budgetUsd = budgetOf(problem, random.next() ** 2)
    const found = searchLatency(problem, budgetUsd, LIMITS)!
    const best = fastestByEnumeration(problem, budgetUsd)!
    expect(found.latencyMs).toBeGreaterThanOrEqual(best.latencyMs * (1 - 1e-9))
    // 14 bisections of at most a doubled deadline end 1e-4 apart; entries that near are rare.
    expect(found.latencyMs).toBeLessThanOrEqual(best.latencyMs * (1 + 1e-4))
    expect(found.lowerBound).toBeLessThanOrEqual(best.latencyMs * (1 + 1e-9))
  }
})

test("budgets are kept, and every latency is as it is said", () => {
  for (const [at, parents] of Object.values(SHAPES).entries()) {
    const problem = randomProblem(seededRandom(70 + at), parents, 40)
    for (const share of [0, 0.1, 0.5]) {
      const budgetUsd = budgetOf(problem, share)
      const found = searchLatency(problem, budgetUsd, { maxNodes: 10, gap: 1e-3 })!
      const value = valueOf(problem, found.selection)
      expect(value.costUsd).toBeLessThanOrEqual(budgetUsd * (1 + 1e-9))
      expect(found.latencyMs).toBeCloseTo(value.latencyMs, 6)
      expect(found.lowerBound).toBeLessThanOrEqual(found.latencyMs)
    }
  }
})

test("the two goals agree: what a deadline costs buys that deadline again", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const problem = randomProblem(seededRandom(seed), SHAPES["dag16"]!, 20)
    const { minMs, maxMs } = timeRange(problem)
    const deadlineMs = minMs + 0.3 * (maxMs - minMs)
    const { costUsd } = searchCost(problem, deadlineMs, { maxNodes: 5000, gap: 0 })!
    const { lowerBound, latencyMs } = searchLatency(problem, costUsd, { maxNodes: 200, gap: 0 })!
    expect(lowerBound).toBeLessThanOrEqual(deadlineMs * (1 + 1e-9))
    expect(latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + 1e-3))
  }
})

test("Newton finds the deadline that bisection of the relaxation finds, and its flow proves it", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const problem = randomProblem(seededRandom(seed), SHAPES["ladder"]!, 40)
    const budgetUsd = budgetOf(problem, 0.2)
    // A gap of 10 accepts the relaxation's own deadline as the bound.
    const { lowerBound, certificate } = searchLatency(problem, budgetUsd, { maxNodes: 0, gap: 10 })!
    const dual = dualSimplex(problem)
    const { minMs, maxMs } = timeRange(problem)
    let [low, high] = [minMs, maxMs]
    for (let round = 0; round < 50; round++) {
      const middle = (low + high) / 2
      if (dual.solve(middle)!.boundUsd <= budgetUsd) high = middle
      else low = middle
    }
    // The budget and the deadline each have a tolerance of a billionth.
    expect(Math.abs(lowerBound / high - 1)).toBeLessThan(1e-7)
    expect(certificateBound(problem, lowerBound * (1 - 1e-6), certificate!)).toBeGreaterThan(budgetUsd)
  }
})

test("below the cheapest there is nothing; with money enough everything is at its fastest", () => {
  const problem = randomProblem(seededRandom(2), SHAPES["dag16"]!, 20)
  const cheapest = budgetOf(problem, 0)
  expect(searchLatency(problem, cheapest * (1 - 1e-6), LIMITS)).toBeNull()
  expect(searchLatency(problem, cheapest, LIMITS)!.costUsd).toBeLessThanOrEqual(cheapest * (1 + 1e-9))
  const rich = searchLatency(problem, budgetOf(problem, 1), LIMITS)!
  expect(rich.latencyMs).toBeCloseTo(timeRange(problem).minMs, 6)
  expect(rich.gap).toBeLessThan(1e-8)
})
