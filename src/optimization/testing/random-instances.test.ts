import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { searchCost } from "../branch-and-bound/search-cost.ts"
import { searchLatency } from "../branch-and-bound/search-latency.ts"
import { certificateHolds } from "../dual/certificate.ts"
import { costScaling } from "../dual/cost-scaling.ts"
import { dualSimplex } from "../dual/network-simplex.ts"
import type { SearchResult, SelectionProblem } from "../selection-problem.ts"
import { cheapestByEnumeration, fastestByEnumeration } from "./exhaustive.ts"
import { randomParents, randomProblem, timeRange, valueOf } from "./selection-problems.ts"

/** In parts, so that a failure names its seeds and one part stays below a second or two. */
const PARTS = 20
const SEEDS = 500

/** Sums in another order. */
const ROUNDING = 1e-9

const EXACT = { maxNodes: 10_000, gap: 0 }

/** Up to five steps of up to five entries, any order between them: at most 3,125 selections. */
function instance(seed: number): { readonly problem: SelectionProblem; readonly deadlineMs: number } {
  const random = seededRandom(seed)
  const steps = 1 + Math.floor(5 * random.next())
  const problem = randomProblem(random, randomParents(random, steps), 5)
  const { minMs, maxMs } = timeRange(problem)
  // From just too early to beyond the slowest, denser where it is tight.
  const deadlineMs = minMs + (maxMs - minMs) * (1.15 * random.next() ** 2 - 0.02)
  return { problem, deadlineMs }
}

/** Everything wrong with what is said of a deadline; nothing where all is well. */
function wrongs(problem: SelectionProblem, deadlineMs: number, seed: number): string[] {
  const optimum = cheapestByEnumeration(problem, deadlineMs)
  const found = searchCost(problem, deadlineMs, EXACT)
  if (optimum === null || found === null) return optimum === null && found === null ? [] : ["feasibility"]
  const rounded = searchCost(problem, deadlineMs, { maxNodes: 0, gap: 0 })!
  const relaxed = dualSimplex(problem).solve(deadlineMs)
  // Between the deadline and the tolerance above it there is a schedule of entries but none of the relaxation.
  const boundUsd = relaxed?.boundUsd ?? 0
  const least = optimum.costUsd * (1 + ROUNDING)
  return [
    ...valueWrongs(problem, found),
    ...valueWrongs(problem, rounded),
    ...[found, rounded].flatMap((result) => (result.latencyMs <= deadlineMs * (1 + 2 * ROUNDING) ? [] : ["late"])),
    ...(found.costUsd > least ? ["dearer than the optimum"] : []),
    ...(rounded.costUsd < optimum.costUsd * (1 - ROUNDING) ? ["below the optimum"] : []),
    ...(Math.max(found.lowerBound, rounded.lowerBound) > least ? ["bound above the optimum"] : []),
    ...(boundUsd > least + boundUsd * ROUNDING ? ["relaxation above the optimum"] : []),
    ...(relaxed === null || certificateHolds(problem, deadlineMs, relaxed.certificate, boundUsd) ? [] : ["proof"]),
    ...(seed % 10 === 0 ? scalingWrongs(problem, deadlineMs, optimum.costUsd) : []),
    ...budgetWrongs(problem, optimum.costUsd),
  ]
}

function valueWrongs(problem: SelectionProblem, { selection, latencyMs, costUsd }: SearchResult): string[] {
  const value = valueOf(problem, selection)
  const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= ROUNDING * Math.abs(b)
  return isSame(latencyMs, value.latencyMs) && isSame(costUsd, value.costUsd) ? [] : ["value"]
}

function scalingWrongs(problem: SelectionProblem, deadlineMs: number, optimumUsd: number): string[] {
  const scaled = costScaling(problem, deadlineMs, { gap: 0 })
  if (scaled === null) return ["scaling finds nothing"]
  const between = scaled.lowerBound <= optimumUsd * (1 + ROUNDING) && scaled.costUsd >= optimumUsd * (1 - ROUNDING)
  return [...valueWrongs(problem, scaled), ...(between ? [] : ["scaling"])]
}

function budgetWrongs(problem: SelectionProblem, budgetUsd: number): string[] {
  const optimum = fastestByEnumeration(problem, budgetUsd)!
  const found = searchLatency(problem, budgetUsd, EXACT)
  if (found === null) return ["budget: nothing"]
  return [
    ...valueWrongs(problem, found),
    ...(found.costUsd <= budgetUsd * (1 + 2 * ROUNDING) ? [] : ["budget: dear"]),
    ...(found.lowerBound <= optimum.latencyMs * (1 + ROUNDING) ? [] : ["budget: bound above the optimum"]),
    // The search over deadlines ends within 1e-5 of the least latency.
    ...(found.latencyMs <= optimum.latencyMs * (1 + 2e-5) ? [] : ["budget: slower than the optimum"]),
  ]
}

describe("10,000 random instances against enumeration", () => {
  test.each(Array.from({ length: PARTS }, (_, part) => part * SEEDS))("seeds from %i on", (from) => {
    const found: string[] = []
    for (let seed = from; seed < from + SEEDS; seed++) {
      const { problem, deadlineMs } = instance(seed)
      found.push(...wrongs(problem, deadlineMs, seed).map((wrong) => `${seed}: ${wrong}`))
    }
    expect(found).toEqual([])
  })

  test("they hold both what has a plan and what has none", () => {
    const feasible = Array.from({ length: 200 }, (_, seed) => instance(seed)).filter(
      ({ problem, deadlineMs }) => timeRange(problem).minMs <= deadlineMs,
    )
    expect(feasible.length).toBeGreaterThan(120)
    expect(feasible.length).toBeLessThan(200)
  })
})
