import { expect, test } from "vitest"
import { randomTable } from "../../statistics/monte-carlo.ts"
import { defineWorkflow } from "../../workflow/builder.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { graphOf } from "../../workflow/graph.ts"
import { hitsOf } from "./attainment.ts"
import { chanceConstrained } from "./chance-constrained.ts"
import type { CountDistribution } from "./counts.ts"
import { planInExpectation } from "./expectation.ts"
import { scenariosOf } from "./scenarios.ts"
import { exhaustive } from "./testing/exhaustive.ts"
import { syntheticStep } from "./testing/synthetic-steps.ts"
import type { UncertainProblem } from "./uncertain-problem.ts"
import { expectedExecutions, unfold } from "./unfolding.ts"

/** Look; then repair (30 %) or keep (70 %), and in either case a loop and a map whose counts the run tells; then end. */
const workflow = defineWorkflow({
  name: "outcomes",
  functions: { f: { handler: "./f.ts" } },
  steps: {
    look: { function: "f" },
    repair: { function: "f", after: ["look"], when: { step: "look", path: "bad", operator: "==", value: true } },
    keep: { function: "f", after: ["look"], when: { step: "look", path: "bad", operator: "!=", value: true } },
    refine: { function: "f", after: ["look"], loop: { while: { path: "more", operator: "exists" }, max: 3 } },
    each: { function: "f", after: ["refine"], map: { step: "look", path: "items" } },
    end: { function: "f", after: ["repair", "keep", "each"] },
  },
})
const graph = graphOf(workflow)
const at = (name: string): number => graph.indexOf.get(name)!

const loops: CountDistribution = { counts: [1, 2, 3], weights: [0.5, 0.3, 0.2] }
const items: CountDistribution = { counts: [1, 4], weights: [0.6, 0.4] }
const unfoldings = unfold(workflow, {
  probabilityOf: (step) => (step === "repair" ? 0.3 : 0.7),
  loopCounts: () => loops,
  taskCounts: () => items,
})

/** Two candidates a step, slow and fast; times of `each` are per item. */
const work: Readonly<Record<string, number>> = { look: 300, repair: 4000, keep: 200, refine: 500, each: 400, end: 300 }
const problem: UncertainProblem = {
  graph,
  steps: graph.names.map((name) => {
    const [ms, perTask] = [work[name]!, name === "each"]
    const step = syntheticStep([
      { ms, usd: ms / 1000, perTask },
      { ms: ms / 2, usd: (1.5 * ms) / 1000, perTask },
    ])
    // Moments are over the task counts: mean 2.2.
    return perTask
      ? { ...step, meanMs: step.meanMs.map((x) => 2.2 * x), meanUsd: step.meanUsd.map((x) => 2.2 * x) }
      : step
  }),
}

interface Outcome {
  readonly probability: number
  readonly latencyMs: number
  readonly costUsd: number
}

/** Every way a run may go, noise there is none. */
function outcomesOf(selection: Int32Array): Outcome[] {
  return [true, false].flatMap((bad) =>
    loops.counts.flatMap((loop, l) =>
      items.counts.map((tasks, t) => {
        const runs = graph.names.map((name) => {
          if (name === "repair") return bad ? 1 : 0
          if (name === "keep") return bad ? 0 : 1
          return name === "refine" ? loop : name === "each" ? tasks : 1
        })
        const ms = (i: number): number => runs[i]! * work[graph.names[i]!]! * (selection[i] === 1 ? 0.5 : 1)
        const usd = (i: number): number => (runs[i]! * work[graph.names[i]!]! * (selection[i] === 1 ? 1.5 : 1)) / 1000
        return {
          probability: (bad ? 0.3 : 0.7) * loops.weights[l]! * items.weights[t]!,
          latencyMs: schedule(
            graph,
            runs.map((_, i) => ms(i)),
          ).length,
          costUsd: runs.reduce((sum, _, i) => sum + usd(i), 0),
        }
      }),
    ),
  )
}

function* selections(): Generator<Int32Array> {
  for (let code = 0; code < 64; code++) yield Int32Array.from({ length: 6 }, (_, i) => (code >> i) & 1)
}

const share = (outcomes: readonly Outcome[], holds: (outcome: Outcome) => boolean): number =>
  outcomes.reduce((sum, outcome) => sum + (holds(outcome) ? outcome.probability : 0), 0)
const expectedCost = (selection: Int32Array): number =>
  outcomesOf(selection).reduce((sum, { probability, costUsd }) => sum + probability * costUsd, 0)

test("costs weighed by expected executions are the expected cost over all outcomes", () => {
  const weights = expectedExecutions(unfoldings)
  expect(weights[at("repair")]).toBe(0.3)
  expect(weights[at("refine")]).toBeCloseTo(1.7, 12)
  for (const selection of selections()) {
    const weighed = selection.reduce((sum, k, i) => sum + weights[i]! * problem.steps[i]!.meanUsd[k]!, 0)
    expect(weighed).toBeCloseTo(expectedCost(selection), 12)
  }
})

test("scenarios keep deadlines and budgets as often as enumeration says", () => {
  const scenarios = scenariosOf(problem, randomTable({ seed: 5, scenarios: 4000 }), { unfoldings })
  for (const selection of [new Int32Array(6), new Int32Array(6).fill(1), Int32Array.from([0, 1, 0, 1, 0, 1])]) {
    const outcomes = outcomesOf(selection)
    const [latencies, costs] = [scenarios.latencies(selection), scenarios.costs(selection)]
    for (const q of [0.2, 0.5, 0.8, 0.95]) {
      // Four standard errors of 4,000 scenarios.
      const band = 4 * Math.sqrt(0.25 / 4000)
      const sorted = outcomes.map((outcome) => outcome.latencyMs).sort((a, b) => a - b)
      const limit = sorted[Math.floor(q * sorted.length)]!
      const exact = share(outcomes, ({ latencyMs }) => latencyMs <= limit * (1 + 1e-9))
      expect(Math.abs(hitsOf(latencies, limit) / 4000 - exact)).toBeLessThan(band)
      const dear = outcomes.map((outcome) => outcome.costUsd).sort((a, b) => a - b)[Math.floor(q * sorted.length)]!
      const within = share(outcomes, ({ costUsd }) => costUsd <= dear * (1 + 1e-9))
      expect(Math.abs(hitsOf(costs, dear) / 4000 - within)).toBeLessThan(band)
    }
  }
})

test("a percentile goal lets a rare branch be late where that is cheaper, a plan in expectation does not", () => {
  const sloMs = 4200
  const inTime = (selection: Int32Array): number =>
    share(outcomesOf(selection), ({ latencyMs }) => latencyMs <= sloMs * (1 + 1e-9))
  for (const percentile of [0.65, 0.9]) {
    let least = Infinity
    for (const selection of selections())
      if (inTime(selection) >= percentile) least = Math.min(least, expectedCost(selection))
    const result = chanceConstrained(exhaustive, problem, {
      goal: { kind: "cost", sloMs, percentile },
      scenarios: 4000,
      unfoldings,
    })
    if (!result.feasible) throw new Error("fast plans keep it")
    expect(inTime(result.selection)).toBeGreaterThanOrEqual(percentile)
    expect(result.expectedUsd).toBeCloseTo(expectedCost(result.selection), 12)
    // One margin for all steps does not always find the cheapest of the 64 plans.
    expect(result.expectedUsd).toBeLessThan(least * 1.1)
  }
  const repairing = planInExpectation(exhaustive, problem, { kind: "cost", sloMs }, unfoldings)!
  expect(repairing[at("repair")]).toBe(1)
})
