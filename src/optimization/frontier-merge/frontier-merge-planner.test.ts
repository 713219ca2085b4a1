import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import type { Problem } from "../planner.ts"
import { stepChoices } from "../step-choices.ts"
import { planRange, stepConfPlanner } from "../stepconf/step-conf-planner.ts"
import { problemOf, randomLaw, SMALL_SPACE, videoWorkflow, workflowOf } from "../testing/synthetic-problem.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { frontierMergePlanner } from "./frontier-merge-planner.ts"
import { reduceWorkflow } from "./reduce.ts"

const planner = frontierMergePlanner()

const SHAPES: Readonly<Record<string, Workflow>> = {
  chain: workflowOf(
    ["a", "b", "c"],
    [
      ["a", "b"],
      ["b", "c"],
    ],
    SMALL_SPACE,
  ),
  diamond: workflowOf(
    ["a", "b", "c", "d"],
    [
      ["a", "b"],
      ["a", "c"],
      ["b", "d"],
      ["c", "d"],
    ],
    SMALL_SPACE,
  ),
  components: workflowOf(["a", "b", "c"], [["a", "b"]], SMALL_SPACE),
}

/** Not series-parallel: b ends before both c and d, which also wait for different others. */
const LADDER = workflowOf(
  ["a", "b", "c", "d"],
  [
    ["a", "c"],
    ["b", "c"],
    ["b", "d"],
  ],
  SMALL_SPACE,
)

function random(workflow: Workflow, seed: number): Problem {
  const chance = seededRandom(seed)
  const problem = problemOf(workflow, { law: () => randomLaw(chance) })
  const { fastest, cheapest } = planRange(problem)
  const sloMs = fastest.latencyMs + (cheapest.latencyMs - fastest.latencyMs) * chance.next()
  return { ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } }
}

/** Every combination of frontier entries: the optimum of a cost goal, or of a latency goal. */
function bruteForce(problem: Problem): { costUsd: number; latencyMs: number } {
  const { graph, frontiers } = stepChoices(problem)
  const durations = new Float64Array(frontiers.length)
  const best = { costUsd: Infinity, latencyMs: Infinity }
  const visit = (i: number, costUsd: number): void => {
    if (i < frontiers.length) {
      for (const [k, latency] of frontiers[i]!.latencyMs.entries()) {
        durations[i] = latency
        visit(i + 1, costUsd + frontiers[i]!.costUsd[k]!)
      }
      return
    }
    const { length } = schedule(graph, durations)
    if (
      problem.goal.kind === "cost"
        ? length > problem.goal.sloMs * (1 + 1e-9)
        : costUsd > problem.goal.budgetUsd * (1 + 1e-9)
    )
      return
    best.costUsd = Math.min(best.costUsd, costUsd)
    best.latencyMs = Math.min(best.latencyMs, length)
  }
  visit(0, 0)
  return best
}

describe.each(Object.entries(SHAPES))("on a %s", (_, workflow) => {
  test("a deadline is met at the proven least cost", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const problem = random(workflow, seed)
      const result = planner.plan(problem)
      if (!result.feasible) throw new Error("expected a plan")
      expect(result.costUsd / bruteForce(problem).costUsd).toBeCloseTo(1, 9)
      expect(result.gap).toBeLessThan(1e-9)
      if (result.certificate?.kind !== "merged") throw new Error("expected the merged curve")
      const nearest = Math.min(...result.certificate.costUsd.map((usd) => Math.abs(usd / result.costUsd - 1)))
      expect(nearest).toBeLessThan(1e-9)
      expect(result.latencyMs).toBeLessThanOrEqual(problem.goal.kind === "cost" ? problem.goal.sloMs * (1 + 1e-9) : 0)
    }
  })

  test("a budget is kept at the least latency", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const { goal: _, ...rest } = random(workflow, seed)
      const { fastest, cheapest } = planRange({ ...rest, goal: { kind: "cost", sloMs: 1, percentile: 0.95 } })
      const budgetUsd = (fastest.costUsd + cheapest.costUsd) / 2
      const problem: Problem = { ...rest, goal: { kind: "latency", budgetUsd, percentile: 0.95 } }
      const result = planner.plan(problem)
      if (!result.feasible) throw new Error("expected a plan")
      expect(result.latencyMs / bruteForce(problem).latencyMs).toBeCloseTo(1, 9)
      expect(result.costUsd).toBeLessThanOrEqual(budgetUsd * (1 + 1e-9))
    }
  })
})

test("the video pipeline is reduced to one frontier, and StepConf stays close above it", () => {
  const wide = {
    memoryMB: { min: 512, max: 3072, step: 256 },
    instances: { min: 1, max: 6, step: 1 },
    processes: { min: 1, max: 3, step: 1 },
  }
  let excess = 0
  for (let seed = 1; seed <= 10; seed++) {
    const problem = random(videoWorkflow(wide), seed)
    const [exact, heuristic] = [planner.plan(problem), stepConfPlanner().plan(problem)]
    if (!exact.feasible || !heuristic.feasible) throw new Error("expected plans")
    expect(heuristic.costUsd).toBeGreaterThanOrEqual(exact.lowerBound! * (1 - 1e-9))
    excess += heuristic.costUsd / exact.costUsd - 1
  }
  expect(excess / 10).toBeLessThan(0.002)
})

test("infeasible goals name the fastest and the cheapest plan", () => {
  const problem = problemOf(SHAPES["diamond"]!, { sloMs: 1 })
  expect(planner.plan(problem)).toEqual({ feasible: false, ...planRange(problem) })
})

test("a workflow that is not series-parallel falls back to StepConf", () => {
  const problem = random(LADDER, 3)
  expect(reduceWorkflow(stepChoices(problem))).toBeNull()
  expect(planner.plan(problem)).toEqual(stepConfPlanner().plan(problem))
})
