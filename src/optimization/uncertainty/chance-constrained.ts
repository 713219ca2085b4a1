import { type RandomTable, randomTable } from "../../statistics/monte-carlo.ts"
import { ascendingQuantile } from "../../statistics/end-to-end-sample.ts"
import { type Attainment, attainmentOf, hitsNeeded, hitsOf, scenariosFor } from "./attainment.ts"
import { type Scenarios, scenariosOf } from "./scenarios.ts"
import type { SelectionGoal, SelectionSolver } from "./selection-solver.ts"
import { candidatesOf, type ConditionalTime, type Margins, surrogateOf } from "./surrogate.ts"
import { expectedExecutions, type StepUnfolding } from "./unfolding.ts"
import type { CandidateSelection, ChanceGoal, UncertainProblem } from "./uncertain-problem.ts"

export interface ChanceOptions {
  /** Default 1. The same seed gives the same plan, bit for bit. */
  readonly seed?: number
  /** Common scenarios of the search. Default `scenariosFor(percentile)`. */
  readonly scenarios?: number
  /** Fresh scenarios of the verification. Default 2,000. */
  readonly freshScenarios?: number
  /** Conditions, loops and maps, by step index; every step runs once where absent. */
  readonly unfoldings?: readonly StepUnfolding[]
  /** See `ScenarioOptions.runLogSd`. */
  readonly runLogSd?: number
}

/** A plan, and what the scenarios say of it. */
export interface ChancePlan {
  readonly selection: CandidateSelection
  /** Margin, in standard deviations, of the surrogate that gave it. */
  readonly kappa: number
  readonly expectedUsd: number
  /** Latency at the goal's percentile, ms, on the common scenarios. */
  readonly latencyMs: number
  readonly attainment: Attainment
}

/** `closest` is the evaluated plan that keeps the goal most often. */
export type ChanceResult =
  | ({ readonly feasible: true } & ChancePlan)
  | { readonly feasible: false; readonly closest: ChancePlan }

const FRESH_SCENARIOS = 2000

/** Bisection of kappa: 2^-9 of the bracket is below the steps in which plans change. */
const BRACKET = [-1, 8] as const
const ROUNDS = 9

/** Margins of times that are tried where the budget is what is uncertain: P84, P97 and more. */
const LATENCY_MARGINS = [0, 0.5, 1, 1.5, 2, 3] as const

/**
 * The cheapest plan with P(T <= S) >= percentile, or the one of the least latency with P(C <= B) >= percentile. The
 * solver plans the surrogate t = mean + kappa sd (or c) at one kappa for all steps, and each of its plans is counted on
 * the same scenarios. The attainment of such plans rises with kappa, but not exactly: of all the plans that bisection
 * meets the best one that keeps the goal is returned. Verified on fresh scenarios.
 */
export function chanceConstrained(
  solver: SelectionSolver,
  problem: UncertainProblem,
  { goal, ...options }: ChanceOptions & { readonly goal: ChanceGoal },
): ChanceResult {
  const search = searchOf(solver, problem, { goal, options })
  const evaluated = goal.kind === "cost" ? forDeadline(search, goal.sloMs) : forBudget(search, goal)
  const keeping = evaluated.filter((plan) => plan.hits >= search.needed)
  const better = goal.kind === "cost" ? byCost : byLatency
  if (keeping.length > 0) return { feasible: true, ...verified(search, keeping.reduce(better)) }
  return { feasible: false, closest: verified(search, evaluated.reduce(byHits)) }
}

interface Search {
  readonly solver: SelectionSolver
  readonly problem: UncertainProblem
  readonly goal: ChanceGoal
  readonly options: ChanceOptions
  readonly scenarios: Scenarios
  readonly needed: number
  /** Expected executions by step index. */
  readonly executions: Float64Array
}

interface Evaluated {
  readonly selection: CandidateSelection
  readonly kappa: number
  readonly hits: number
  readonly expectedUsd: number
  readonly latencyMs: number
}

function searchOf(
  solver: SelectionSolver,
  problem: UncertainProblem,
  { goal, options }: { readonly goal: ChanceGoal; readonly options: ChanceOptions },
): Search {
  const count = options.scenarios ?? scenariosFor(goal.percentile)
  const table = randomTable({ seed: options.seed ?? 1, scenarios: count })
  const { unfoldings } = options
  return {
    solver,
    problem,
    goal,
    options,
    scenarios: scenariosOf(problem, table, options),
    needed: hitsNeeded(goal.percentile, count),
    executions:
      unfoldings === undefined ? new Float64Array(problem.steps.length).fill(1) : expectedExecutions(unfoldings),
  }
}

/** How conditional steps may count in time; alike where none is conditional. */
function conditionalTimes({ options }: Search): readonly ConditionalTime[] {
  return options.unfoldings?.some(({ probability }) => probability < 1) === true ? ["whole", "weighed"] : ["whole"]
}

function forDeadline(search: Search, sloMs: number): Evaluated[] {
  const evaluated = conditionalTimes(search).flatMap((conditionalTime) =>
    bisected(search, (kappa) =>
      planned(search, { kappaMs: kappa, kappaUsd: 0 }, { conditionalTime, goal: { kind: "cost", sloMs }, kappa }),
    ),
  )
  return evaluated.some((plan) => plan.hits >= search.needed) ? evaluated : [...evaluated, ...fastest(search)]
}

function forBudget(search: Search, goal: ChanceGoal & { kind: "latency" }): Evaluated[] {
  const evaluated = conditionalTimes(search).flatMap((conditionalTime) =>
    LATENCY_MARGINS.flatMap((kappaMs) => {
      const at = (kappa: number): Evaluated | null =>
        planned(search, { kappaMs, kappaUsd: kappa }, { conditionalTime, goal, kappa })
      if (goal.budgetOf !== "expectation") return bisected(search, at)
      const plan = at(0)
      return plan === null ? [] : [plan]
    }),
  )
  return evaluated.some((plan) => plan.hits >= search.needed) ? evaluated : [...evaluated, ...cheapest(search)]
}

/** Every plan that bisection for the least kappa that keeps the goal meets. */
function bisected(search: Search, at: (kappa: number) => Evaluated | null): Evaluated[] {
  const evaluated: Evaluated[] = []
  let [low, high]: [number, number] = [...BRACKET]
  for (let round = 0; round < ROUNDS; round++) {
    const kappa = (low + high) / 2
    const plan = at(kappa)
    if (plan !== null) evaluated.push(plan)
    // Without a plan the surrogate asks for too much.
    if (plan === null || plan.hits >= search.needed) high = kappa
    else low = kappa
  }
  return evaluated
}

interface Attempt {
  readonly conditionalTime: ConditionalTime
  readonly goal: SelectionGoal
  readonly kappa: number
}

function planned(search: Search, margins: Margins, { conditionalTime, goal, kappa }: Attempt): Evaluated | null {
  const { problem, options, solver } = search
  const unfolded = options.unfoldings === undefined ? {} : { unfoldings: options.unfoldings, conditionalTime }
  const surrogate = surrogateOf(problem, margins, unfolded)
  const entries = solver(surrogate.problem, goal)
  return entries === null ? null : evaluate(search, candidatesOf(surrogate, entries), kappa)
}

function evaluate(search: Search, selection: CandidateSelection, kappa: number): Evaluated {
  const { scenarios, goal, problem, executions } = search
  const latencies = scenarios.latencies(selection)
  const expectedUsd = selection.reduce((sum, k, i) => sum + executions[i]! * problem.steps[i]!.meanUsd[k]!, 0)
  const hits = hitsIn(goal, { latencies, expectedUsd, costs: () => scenarios.costs(selection) })
  return { selection, kappa, hits, expectedUsd, latencyMs: ascendingQuantile(latencies.sort(), goal.percentile) }
}

interface Outcome {
  readonly latencies: Float64Array
  readonly expectedUsd: number
  readonly costs: () => Float64Array
}

function hitsIn(goal: ChanceGoal, { latencies, expectedUsd, costs }: Outcome): number {
  if (goal.kind === "cost") return hitsOf(latencies, goal.sloMs)
  if (goal.budgetOf !== "expectation") return hitsOf(costs(), goal.budgetUsd)
  return hitsOf(new Float64Array(latencies.length).fill(expectedUsd), goal.budgetUsd)
}

/** Every step at its fastest, with more and more regard to spread. */
function fastest(search: Search): Evaluated[] {
  return LATENCY_MARGINS.map((kappa) => {
    const surrogate = surrogateOf(search.problem, { kappaMs: kappa, kappaUsd: 0 })
    return evaluate(search, candidatesOf(surrogate, new Int32Array(surrogate.candidates.length)), kappa)
  })
}

/** Every step at its cheapest, in expectation and with regard to spread. */
function cheapest(search: Search): Evaluated[] {
  return [0, 1, 2].map((kappa) => {
    const surrogate = surrogateOf(search.problem, { kappaMs: 0, kappaUsd: kappa })
    const entries = Int32Array.from(surrogate.candidates, (candidates) => candidates.length - 1)
    return evaluate(search, candidatesOf(surrogate, entries), kappa)
  })
}

function verified(search: Search, { selection, kappa, expectedUsd, latencyMs }: Evaluated): ChancePlan {
  const { goal, options, problem } = search
  const scenarios = scenariosOf(problem, freshTable(options), options)
  const outcome = { latencies: scenarios.latencies(selection), expectedUsd, costs: () => scenarios.costs(selection) }
  return { selection, kappa, expectedUsd, latencyMs, attainment: attainmentIn(goal, outcome) }
}

/** A table that shares no column with the one of the search. */
function freshTable({ seed = 1, freshScenarios = FRESH_SCENARIOS }: ChanceOptions): RandomTable {
  return randomTable({ seed: seed + 0x5f3759, scenarios: freshScenarios })
}

function attainmentIn(goal: ChanceGoal, { latencies, expectedUsd, costs }: Outcome): Attainment {
  if (goal.kind === "cost") return attainmentOf(latencies, goal.sloMs, goal.percentile)
  const values = goal.budgetOf === "expectation" ? new Float64Array(latencies.length).fill(expectedUsd) : costs()
  return attainmentOf(values, goal.budgetUsd, goal.percentile)
}

function byCost(a: Evaluated, b: Evaluated): Evaluated {
  return b.expectedUsd < a.expectedUsd ? b : a
}

function byLatency(a: Evaluated, b: Evaluated): Evaluated {
  return b.latencyMs < a.latencyMs ? b : a
}

function byHits(a: Evaluated, b: Evaluated): Evaluated {
  return b.hits > a.hits ? b : a
}
