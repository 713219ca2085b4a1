import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import type { CompiledParts, CompiledSpace } from "../../estimation/estimator.ts"
import { type ConfigSpace, inSpace, type StepConfig } from "../../workflow/config.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import type { Planner, PlanResult, Problem } from "../planner.ts"
import { cheapestPlan, fastestPlan, pricePlan, selectionLength } from "../plans.ts"
import { stepChoices } from "../step-choices.ts"
import { cheapestByEnumeration, fastestByEnumeration } from "./exhaustive.ts"
import { problemOf, randomLaw, workflowOf } from "./synthetic-problem.ts"

/** What a planner promises beyond being a planner at all; everything is checked that is promised. */
export interface PlannerTraits {
  /** The goals it plans for; both where absent. */
  readonly goals?: readonly Goal["kind"][]
  /** It finds a plan wherever one exists, and proves that there is none elsewhere; true where absent. */
  readonly complete?: boolean
  /** How far above the optimum its small plans may be, relatively; without a promise where absent. */
  readonly excess?: number
  /** Gaps proven on small problems stay below it; without a promise where absent. */
  readonly provenGap?: number
  /** The configurations it chooses from; all of the step's space where absent. */
  readonly knobs?: (config: StepConfig) => boolean
  /** Problems per workflow; 3 where absent, fewer for slow planners. */
  readonly problems?: number
}

/** One relative tolerance for sums of latencies and costs in another order. */
const TOLERANCE = 1e-9

/** Five sizes, four counts of instances: frontiers of about ten entries, four steps of which can be enumerated. */
const SPACE: ConfigSpace = {
  memoryMB: { min: 512, max: 2560, step: 512 },
  instances: { min: 1, max: 4, step: 1 },
  processes: { min: 1, max: 2, step: 1 },
}

function shape(names: string, edges: string): Workflow {
  return workflowOf(
    names.split(""),
    edges
      .split(" ")
      .filter((edge) => edge !== "")
      .map((edge) => [edge[0]!, edge[1]!]),
    SPACE,
  )
}

/** Small enough for enumeration: in series, side by side, both, and what is neither. */
export const SMALL_SHAPES: Readonly<Record<string, Workflow>> = {
  "a lone step": shape("a", ""),
  "a chain": shape("abc", "ab bc"),
  "a diamond": shape("abcd", "ab ac bd cd"),
  "a fork without a join": shape("abc", "ab ac"),
  "steps without edges": shape("abc", ""),
  "an N": shape("abcd", "ac bc bd"),
}

/**
 * What every planner must do, as tests: plans lie inside spaces and goals, numbers follow from the plan, bounds and
 * infeasible answers hold against enumeration, ends of the range are found, results do not depend on units or on what
 * was asked before.
 */
export function describePlanner(create: () => Planner, traits: PlannerTraits = {}): void {
  const planner = create()
  const goals = traits.goals ?? ["cost", "latency"]
  describe(`${planner.name} is a planner`, () => {
    for (const kind of goals) {
      describe(`for a ${kind} goal`, () => {
        for (const [name, workflow] of Object.entries(SMALL_SHAPES)) {
          test(`on ${name}: plans are inside goal and space, and honest`, () => {
            for (let seed = 1; seed <= (traits.problems ?? 3); seed++)
              checkSmall(planner, randomProblem(workflow, kind, seed), traits)
          })
        }
        test("the ends of the range", () => checkEnds(planner, kind, traits))
        test("more room is never worse, as far as it is proven", () => checkMonotone(planner, kind, traits))
        test("units do not matter", () => checkUnits(create, kind))
        test("the same question gets the same answer", () => checkDeterministic(create, kind))
      })
    }
  })
}

/** A problem on random laws whose goal lies inside the range of what can be reached. */
export function randomProblem(workflow: Workflow, kind: Goal["kind"], seed: number): Problem {
  const random = seededRandom(seed)
  const problem = problemOf(workflow, { law: () => randomLaw(random) })
  return withShare(problem, kind, 0.05 + 0.9 * random.next())
}

/** The goal at a share of the way from the tightest (0) to the loosest that matters (1). */
export function withShare(problem: Problem, kind: Goal["kind"], share: number): Problem {
  const choices = stepChoices(problem)
  const [fastest, cheapest] = [fastestPlan(choices), cheapestPlan(choices)]
  const between = (from: number, to: number): number => from + share * (to - from)
  const goal: Goal =
    kind === "cost"
      ? { kind, sloMs: between(fastest.latencyMs, cheapest.latencyMs), percentile: 0.95 }
      : { kind, budgetUsd: between(cheapest.costUsd, fastest.costUsd), percentile: 0.95 }
  return { ...problem, goal }
}

/** What a goal minimises: USD for a deadline, ms for a budget. */
export function objectiveOf(goal: Goal, plan: { readonly costUsd: number; readonly latencyMs: number }): number {
  return goal.kind === "cost" ? plan.costUsd : plan.latencyMs
}

function checkSmall(planner: Planner, problem: Problem, traits: PlannerTraits): void {
  const result = planner.plan(problem)
  checkValid(problem, result, traits)
  const choices = stepChoices(problem)
  const curves = { graph: choices.graph, curves: choices.frontiers }
  const { goal } = problem
  const best =
    goal.kind === "cost" ? cheapestByEnumeration(curves, goal.sloMs) : fastestByEnumeration(curves, goal.budgetUsd)
  if (best === null) throw new Error("a goal inside the range can be met")
  if (!result.feasible) {
    expect(traits.complete ?? true).toBe(false)
    return
  }
  const objective = objectiveOf(goal, result)
  const optimum = objectiveOf(goal, best)
  expect(objective).toBeGreaterThanOrEqual(optimum * (1 - TOLERANCE))
  if (traits.excess !== undefined) expect(objective).toBeLessThanOrEqual(optimum * (1 + traits.excess + TOLERANCE))
  if (result.lowerBound !== null) expect(result.lowerBound).toBeLessThanOrEqual(optimum * (1 + TOLERANCE))
  if (traits.provenGap !== undefined) expect(result.gap).toBeLessThanOrEqual(traits.provenGap + TOLERANCE)
}

/** A result that follows from its plans, whatever they are. */
export function checkValid(problem: Problem, result: PlanResult, traits: PlannerTraits = {}): void {
  const choices = stepChoices(problem)
  const { goal } = problem
  for (const priced of result.feasible ? [result] : [result.fastest, result.cheapest]) {
    expect(Object.keys(priced.plan).sort()).toEqual(problem.workflow.steps.map((step) => step.name).sort())
    for (const step of problem.workflow.steps) {
      const config = priced.plan[step.name]!
      expect(inSpace(step.configSpace, config)).toBe(true)
      expect(config.instances).toBeLessThanOrEqual(Math.max(1, problem.spaces.get(step.name)!.tasks))
      if (result.feasible && traits.knobs !== undefined) expect(traits.knobs(config)).toBe(true)
    }
    const again = pricePlan(choices, priced.plan)
    expect(priced.latencyMs / again.latencyMs).toBeCloseTo(1, 9)
    expect(priced.costUsd / again.costUsd).toBeCloseTo(1, 9)
  }
  if (!result.feasible) return
  if (goal.kind === "cost") expect(result.latencyMs).toBeLessThanOrEqual(goal.sloMs * (1 + TOLERANCE))
  else expect(result.costUsd).toBeLessThanOrEqual(goal.budgetUsd * (1 + TOLERANCE))
  if (result.lowerBound === null) return
  const objective = objectiveOf(goal, result)
  expect(result.lowerBound).toBeLessThanOrEqual(objective * (1 + TOLERANCE))
  expect(result.gap).toBeCloseTo((objective - result.lowerBound) / result.lowerBound, 9)
}

/** At the least reachable goal there is a plan, just below there is none, with room enough nothing is wasted. */
function checkEnds(planner: Planner, kind: Goal["kind"], traits: PlannerTraits): void {
  for (const workflow of [SMALL_SHAPES["a diamond"]!, SMALL_SHAPES["an N"]!]) {
    const problem = randomProblem(workflow, kind, 11)
    const choices = stepChoices(problem)
    const [fastest, cheapest] = [fastestPlan(choices), cheapestPlan(choices)]
    const least =
      kind === "cost" ? selectionLength(choices, new Int32Array(choices.frontiers.length)) : cheapest.costUsd
    const most = kind === "cost" ? cheapest.latencyMs : fastest.costUsd * 2
    const planAt = (value: number): PlanResult => planner.plan({ ...problem, goal: goalOf(kind, value) })
    const below = planAt(least * (1 - 1e-6))
    expect(below.feasible).toBe(false)
    if (!below.feasible) {
      expect(below.fastest.latencyMs).toBeLessThanOrEqual(below.cheapest.latencyMs * (1 + TOLERANCE))
      expect(below.cheapest.costUsd).toBeLessThanOrEqual(below.fastest.costUsd * (1 + TOLERANCE))
      if (traits.knobs === undefined) expect(below.cheapest.costUsd / cheapest.costUsd).toBeCloseTo(1, 9)
    }
    if (!(traits.complete ?? true)) continue
    expect(planAt(least).feasible).toBe(true)
    const roomy = planAt(most * (1 + 1e-6))
    if (!roomy.feasible) throw new Error("with room enough there is a plan")
    const end = kind === "cost" ? cheapest.costUsd : fastest.latencyMs
    if (traits.excess !== undefined)
      expect(objectiveOf(problem.goal, roomy)).toBeLessThanOrEqual(end * (1 + traits.excess + TOLERANCE))
  }
}

function goalOf(kind: Goal["kind"], value: number): Goal {
  return kind === "cost" ? { kind, sloMs: value, percentile: 0.95 } : { kind, budgetUsd: value, percentile: 0.95 }
}

/** More time or money never raises what is proven above what was reached with less. */
function checkMonotone(planner: Planner, kind: Goal["kind"], traits: PlannerTraits): void {
  const problem = randomProblem(SMALL_SHAPES["an N"]!, kind, 5)
  let least = Infinity
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const at = withShare(problem, kind, share)
    const result = planner.plan(at)
    if (!result.feasible) continue
    const objective = objectiveOf(at.goal, result)
    if (result.lowerBound !== null) expect(result.lowerBound).toBeLessThanOrEqual(least * (1 + TOLERANCE))
    if (traits.excess !== undefined) expect(objective).toBeLessThanOrEqual(least * (1 + traits.excess + TOLERANCE))
    least = Math.min(least, objective)
  }
  expect(least === Infinity && (traits.complete ?? true)).toBe(false)
}

/** Times 1,024 times as long, costs 1,024 times as high: powers of two, so that nothing is rounded otherwise. */
function checkUnits(create: () => Planner, kind: Goal["kind"]): void {
  for (const name of ["a diamond", "an N"] as const) {
    const problem = randomProblem(SMALL_SHAPES[name]!, kind, 7)
    for (const [times, costs] of [
      [1024, 1],
      [1, 1024],
      [1 / 1024, 1 / 1024],
    ] as const) {
      const result = create().plan(scaled(problem, 1, 1))
      const other = create().plan(scaled(problem, times, costs))
      expect(result.feasible && other.feasible && other.plan).toEqual(result.feasible && result.plan)
    }
  }
}

function scaled(problem: Problem, times: number, costs: number): Problem {
  const spaces = [...problem.spaces].map(([name, space]): [string, CompiledSpace] => {
    const part = (values: Float64Array): Float64Array => values.map((ms) => ms * times)
    const parts = (level: CompiledParts): CompiledParts => ({
      mappingDelayMs: part(level.mappingDelayMs),
      downloadMs: part(level.downloadMs),
      uploadMs: part(level.uploadMs),
      computeMs: part(level.computeMs),
    })
    const price = { usdPerGbSecond: (space.usdPerGbSecond * costs) / times, usdPerRequest: space.usdPerRequest * costs }
    // Bills that are rounded up to whole ms would not scale.
    return [
      name,
      {
        ...space,
        ...parts(space),
        median: parts(space.median),
        mean: parts(space.mean),
        ...price,
        billMappingDelay: true,
      },
    ]
  })
  return withShare({ ...problem, spaces: new Map(spaces) }, problem.goal.kind, 0.4)
}

function checkDeterministic(create: () => Planner, kind: Goal["kind"]): void {
  const planner = create()
  const [first, second] = [3, 4].map((seed) => randomProblem(SMALL_SHAPES["a diamond"]!, kind, seed))
  const result = planner.plan(first!)
  planner.plan(second!)
  expect(planner.plan(first!)).toEqual(result)
  expect(create().plan(first!)).toEqual(result)
}
