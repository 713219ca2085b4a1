import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { inSpace } from "../../workflow/config.ts"
import { maxInstances } from "../../workflow/limits.ts"
import type { Problem } from "../planner.ts"
import { pricePlan } from "../plans.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"
import {
  LAMBDA_LIMITS,
  problemOf,
  randomLaw,
  randomWorkflow,
  videoWorkflow,
  workflowOf,
} from "../testing/synthetic-problem.ts"
import { planRange, stepConfPlanner } from "./step-conf-planner.ts"

const planner = stepConfPlanner()
const local = { ...LAMBDA_LIMITS, vcpuTotal: 3 }

function randomProblem(seed: number, limits = LAMBDA_LIMITS): Problem {
  const random = seededRandom(seed)
  const workflow = randomWorkflow(random, 2 + Math.floor(random.next() * 4))
  const problem = problemOf(workflow, { limits, law: () => randomLaw(random) })
  const { fastest, cheapest } = planRange(problem)
  // Between too short by 5 % and the cheapest plan's latency.
  const sloMs = fastest.latencyMs * 0.95 + (cheapest.latencyMs - fastest.latencyMs * 0.95) * random.next()
  return { ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } }
}

/** The optimum by enumeration of all frontier entries; null when none keeps the deadline. */
function bruteForce(choices: StepChoices, sloMs: number): number | null {
  const { graph, frontiers } = choices
  const durations = new Float64Array(frontiers.length)
  let best: number | null = null
  const visit = (i: number, costUsd: number): void => {
    if (best !== null && costUsd >= best) return
    if (i === frontiers.length) {
      if (schedule(graph, durations).length <= sloMs * (1 + 1e-9)) best = costUsd
      return
    }
    for (let k = frontiers[i]!.point.length - 1; k >= 0; k--) {
      durations[i] = frontiers[i]!.latencyMs[k]!
      visit(i + 1, costUsd + frontiers[i]!.costUsd[k]!)
    }
    durations[i] = 0
  }
  visit(0, 0)
  return best
}

test("on random workflows every feasible SLO is met, near the optimum and never below it", () => {
  let feasible = 0
  let met = 0
  let excess = 0
  for (let seed = 1; seed <= 120; seed++) {
    const problem = randomProblem(seed)
    const choices = stepChoices(problem)
    const sloMs = problem.goal.kind === "cost" ? problem.goal.sloMs : 0
    const optimum = bruteForce(choices, sloMs)
    const result = planner.plan(problem)
    if (optimum === null) {
      expect(result.feasible).toBe(false)
      continue
    }
    feasible++
    if (!result.feasible) continue
    met++
    expect(result.latencyMs).toBeLessThanOrEqual(sloMs * (1 + 1e-6))
    expect(result.costUsd).toBeGreaterThanOrEqual(optimum * (1 - 1e-9))
    expect(result.lowerBound).toBeLessThanOrEqual(optimum * (1 + 1e-9))
    excess += result.costUsd / optimum - 1
  }
  expect(feasible).toBeGreaterThan(80)
  expect(met).toBe(feasible)
  expect(excess / met).toBeLessThan(0.005)
})

test("a plan never leaves a space or a limit, and repricing it gives the same numbers", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const problem = randomProblem(seed, local)
    const result = planner.plan(problem)
    const { plan, latencyMs, costUsd } = result.feasible ? result : result.fastest
    for (const step of problem.workflow.steps) {
      const config = plan[step.name]!
      expect(inSpace(step.configSpace, config)).toBe(true)
      expect(config.instances).toBeLessThanOrEqual(maxInstances(local, config.memoryMB))
      expect(config.instances).toBeLessThanOrEqual(problem.spaces.get(step.name)!.tasks)
    }
    const again = pricePlan(stepChoices(problem), plan)
    expect([again.latencyMs, again.costUsd]).toEqual([latencyMs, costUsd])
  }
})

describe("the ends of the range", () => {
  const problem = problemOf(videoWorkflow())
  const { fastest, cheapest } = planRange(problem)
  const withSlo = (sloMs: number): Problem => ({ ...problem, goal: { kind: "cost", sloMs, percentile: 0.95 } })

  test("the fastest latency is planned, just below it is infeasible and names both ends", () => {
    expect(planner.plan(withSlo(fastest.latencyMs)).feasible).toBe(true)
    const below = planner.plan(withSlo(fastest.latencyMs * 0.999))
    expect(below).toEqual({ feasible: false, fastest, cheapest })
  })

  test("with time enough the cheapest plan is taken and proven", () => {
    const result = planner.plan(withSlo(cheapest.latencyMs * 1.01))
    expect(result).toMatchObject({ feasible: true, costUsd: cheapest.costUsd })
    expect(result.feasible && result.gap).toBeLessThan(1e-9)
  })

  test("more time never costs more", () => {
    let last = Infinity
    for (let share = 0; share <= 1; share += 0.1) {
      const result = planner.plan(withSlo(fastest.latencyMs + share * (cheapest.latencyMs - fastest.latencyMs)))
      expect(result.feasible && result.costUsd).toBeLessThanOrEqual(last * 1.02)
      last = Math.min(last, result.feasible ? result.costUsd : Infinity)
    }
  })
})

describe("a budget", () => {
  const problem = problemOf(videoWorkflow())
  const { fastest, cheapest } = planRange(problem)
  const withBudget = (budgetUsd: number): Problem => ({
    ...problem,
    goal: { kind: "latency", budgetUsd, percentile: 0.95 },
  })

  test("is kept, and more of it is never slower", () => {
    let last = Infinity
    for (let share = 0; share <= 1; share += 0.25) {
      const budgetUsd = cheapest.costUsd + share * (fastest.costUsd - cheapest.costUsd)
      const result = planner.plan(withBudget(budgetUsd))
      if (!result.feasible) throw new Error("expected a plan")
      expect(result.costUsd).toBeLessThanOrEqual(budgetUsd * (1 + 1e-9))
      expect(result.latencyMs).toBeLessThanOrEqual(last * 1.0001)
      last = result.latencyMs
    }
    expect(last).toBeCloseTo(fastest.latencyMs, 6)
  })

  test("below the cheapest plan is infeasible", () => {
    expect(planner.plan(withBudget(cheapest.costUsd * 0.99)).feasible).toBe(false)
  })
})

test("steps beside each other share the vCPUs of the platform", () => {
  const workflow = workflowOf(["a", "b", "c"], [], videoWorkflow().steps[0]!.configSpace)
  const problem = problemOf(workflow, { limits: local, sloMs: 1 })
  const { fastest } = planRange(problem)
  const used = Object.values(fastest.plan).reduce((sum, config) => sum + (config.instances * config.memoryMB) / 1769, 0)
  expect(used).toBeLessThanOrEqual(3 + 1e-9)
})

test("a step that cannot run at any size is one clear error", () => {
  const problem = problemOf(videoWorkflow(), { law: (step) => (step === "3" ? { memoryFloorMB: 9999 } : {}) })
  expect(() => planner.plan(problem)).toThrow(/step 3: no configuration in its space can run/)
})
