import fc from "fast-check"
import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { graphOf } from "../../workflow/graph.ts"
import { video } from "../../workflow/testing/workflows.ts"
import { hurryChance } from "./hurry-chance.ts"
import { evaluate, type Search, searchOf } from "./plan-search.ts"
import { reclaimChance } from "./reclaim-chance.ts"
import { inTime, slackOf, tailsOf } from "./step-slack.ts"
import { exhaustive } from "./testing/exhaustive.ts"
import { randomProblem } from "./testing/synthetic-steps.ts"

/** A search for a deadline somewhat beyond the fastest mean time. */
function searchFor(seed: number): Search & { readonly sloMs: number } {
  const problem = randomProblem(graphOf(video), seededRandom(seed), { count: 5, ratio: 1.4, logSd: 0.3 })
  const fastest = problem.steps.map(({ meanMs }) => meanMs.at(-1)!)
  const sloMs = 1.3 * schedule(problem.graph, fastest).length
  const goal = { kind: "cost", sloMs, percentile: 0.8 } as const
  return { ...searchOf(exhaustive, problem, { goal, options: { scenarios: 200 } }), sloMs }
}

const candidates = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 8, maxLength: 8 })

test("a step's slack tells the hits of every other candidate of it", () => {
  const search = searchFor(3)
  const { graph, steps } = search.problem
  fc.assert(
    fc.property(candidates, fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 4 }), (plan, step, candidate) => {
      const durations = steps.map((_, i) => search.scenarios.durations(i, plan[i]!))
      const slack = slackOf(graph, {
        durations,
        tails: tailsOf(graph, durations),
        step,
        sloMs: search.sloMs * (1 + 1e-9),
      })
      const moved = Int32Array.from(plan, (k, i) => (i === step ? candidate : k))
      expect(inTime(search.scenarios.durations(step, candidate), slack)).toBe(evaluate(search, moved, 0).hits)
    }),
    { numRuns: 60, seed: 1 },
  )
})

test("reclaiming never costs more, never falls below the level, and leaves nothing to reclaim", () => {
  for (const seed of [1, 2, 3, 4]) {
    const search = searchFor(seed)
    const fastest = evaluate(search, new Int32Array(8).fill(4), 1)
    expect(fastest.hits).toBeGreaterThanOrEqual(search.needed)
    const found = reclaimChance(search, fastest, search.sloMs)
    expect(found.expectedUsd).toBeLessThan(fastest.expectedUsd)
    expect(found.hits).toBeGreaterThanOrEqual(search.needed)
    expect(reclaimChance(search, found, search.sloMs).selection).toEqual(found.selection)
  }
})

test("hurrying makes a plan that is in time too seldom good enough, for less than the fastest plan", () => {
  let hurried = 0
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const search = searchFor(seed)
    const plans = [0, 1, 2, 3, 4].map((k) => evaluate(search, new Int32Array(8).fill(k), 1))
    const fastest = plans[4]!
    const start = plans.findLast(({ hits }) => hits < search.needed)
    if (start === undefined || start.hits === 0 || fastest.hits < search.needed) continue
    const found = hurryChance(search, start, search.sloMs)
    expect(found.hits).toBeGreaterThanOrEqual(search.needed)
    expect(found.expectedUsd).toBeLessThan(fastest.expectedUsd)
    hurried++
  }
  expect(hurried).toBeGreaterThan(2)
})
