import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { randomTable } from "../../statistics/monte-carlo.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { graphOf } from "../../workflow/graph.ts"
import { chain, diamond, fanOut } from "../../workflow/testing/workflows.ts"
import { hitsOf } from "./attainment.ts"
import { calibrateKappa } from "./calibrate-kappa.ts"
import { planInExpectation } from "./expectation.ts"
import { curveCache, meanBeyond, onlinePlan, type StepState } from "./online-plan.ts"
import { onlineRuns } from "./online-runs.ts"
import { scenariosOf } from "./scenarios.ts"
import { exhaustive } from "./testing/exhaustive.ts"
import { randomProblem } from "./testing/synthetic-steps.ts"
import type { UncertainProblem } from "./uncertain-problem.ts"

function lengthAt({ graph, steps }: UncertainProblem, candidate: number): number {
  return schedule(
    graph,
    steps.map(({ meanMs }) => meanMs.at(candidate)!),
  ).length
}

const cost = (problem: UncertainProblem, selection: Int32Array): number =>
  selection.reduce((sum, k, i) => sum + problem.steps[i]!.meanUsd[k]!, 0)

test("without noise the online policy pays what the static optimum costs", () => {
  for (const seed of [1, 2, 3]) {
    const problem = randomProblem(graphOf(diamond), seededRandom(seed), { count: 3, logSd: 0 })
    const sloMs = 0.7 * lengthAt(problem, 0)
    const optimum = cost(problem, planInExpectation(exhaustive, problem, { kind: "cost", sloMs })!)
    const scenarios = scenariosOf(problem, randomTable({ seed: 1, scenarios: 2 }))
    const runs = onlineRuns(exhaustive, problem, { scenarios, sloMs, margin: { kappa: 2.5 } })
    // Sums in another order.
    expect(runs.costUsd[0]! / optimum).toBeCloseTo(1, 9)
    expect(runs.latencyMs[1]!).toBeLessThanOrEqual(sloMs * (1 + 1e-9))
  }
})

test("more margin keeps the deadline more often and costs more", () => {
  const problem = randomProblem(graphOf(chain), seededRandom(4), { count: 8, ratio: 1.2 })
  const sloMs = 0.6 * lengthAt(problem, 0)
  const scenarios = scenariosOf(problem, randomTable({ seed: 2, scenarios: 250 }))
  const at = (kappa: number): { share: number; usd: number } => {
    const { latencyMs, costUsd } = onlineRuns(exhaustive, problem, { scenarios, sloMs, margin: { kappa } })
    return { share: hitsOf(latencyMs, sloMs) / 250, usd: costUsd.reduce((sum, value) => sum + value, 0) / 250 }
  }
  const [none, some, much] = [at(0), at(1), at(3)]
  expect(some.share).toBeGreaterThan(none.share)
  expect(much.share).toBeGreaterThan(some.share)
  expect(some.usd).toBeGreaterThan(none.usd)
  expect(much.usd).toBeGreaterThan(some.usd)
})

test("a run that starts late is never dearer than all fastest, and only the critical path hurries", () => {
  const problem = randomProblem(graphOf(fanOut), seededRandom(6), { count: 4, ratio: 1.2 })
  const states: StepState[] = problem.steps.map(() => ({ kind: "open" }))
  const curves = curveCache(problem)
  const at = (sloMs: number): Int32Array =>
    onlinePlan(exhaustive, { problem, curves, states, nowMs: 0, sloMs, margin: { kappa: 2.5 } })
  const fastest = lengthAt(problem, -1)
  const late = at(0.5 * fastest)
  const all = new Int32Array(5).fill(3)
  const time = (selection: Int32Array): number =>
    schedule(
      problem.graph,
      problem.steps.map(({ meanMs }, i) => meanMs[selection[i]!]!),
    ).length
  expect(time(late)).toBeCloseTo(fastest, 6)
  expect(cost(problem, late)).toBeLessThan(cost(problem, all))
  // Just enough for means: the margin gives way and the plan is no dearer than the late one.
  expect(cost(problem, at(1.001 * fastest))).toBeLessThanOrEqual(cost(problem, late) * (1 + 1e-9))
})

test("what has ended or runs is no choice any more", () => {
  const problem = randomProblem(graphOf(chain), seededRandom(7), { count: 3 })
  const states: StepState[] = [
    { kind: "finished", tookMs: 100 },
    { kind: "running", candidate: 1, elapsedMs: 5 },
    { kind: "open" },
  ]
  const sloMs = 100 + lengthAt(problem, 0)
  const plan = onlinePlan(exhaustive, {
    problem,
    curves: curveCache(problem),
    states,
    nowMs: 105,
    sloMs,
    margin: { kappa: 1 },
  })
  expect([...plan.subarray(0, 2)]).toEqual([-1, -1])
  expect(plan[2]!).toBeGreaterThanOrEqual(0)
})

test("a step that runs is expected to end later the longer it has run", () => {
  // E[X | X > mu] = mu + sd sqrt(2 / pi).
  expect(meanBeyond(100, 10, 100)).toBeCloseTo(100 + 10 * Math.sqrt(2 / Math.PI), 6)
  expect(meanBeyond(100, 10, 0)).toBeCloseTo(100, 6)
  expect(meanBeyond(100, 10, 500)).toBe(500)
  expect(meanBeyond(100, 0, 50)).toBe(100)
  expect(meanBeyond(100, 0, 150)).toBe(150)
})

test("calibration finds the least margin that keeps the level", () => {
  const share = (kappa: number): number => 1 - 0.5 * Math.exp(-kappa)
  const found = calibrateKappa(0.95, share)
  // Bisection on [0, 6] to 6 / 2^7.
  expect(found.kappa).toBeGreaterThanOrEqual(Math.log(10))
  expect(found.kappa).toBeLessThan(Math.log(10) + 6 / 2 ** 7)
  expect(found.share).toBe(share(found.kappa))
  expect(calibrateKappa(0.9999, share)).toEqual({ kappa: 6, share: share(6) })
})
