import { ascendingQuantile } from "../../statistics/end-to-end-sample.ts"
import { type RandomTable, randomTable } from "../../statistics/monte-carlo.ts"
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

const FRESH_SCENARIOS = 2000

/** A problem with its goal and the scenarios on which its plans are counted. */
export interface Search {
  readonly solver: SelectionSolver
  readonly problem: UncertainProblem
  readonly goal: ChanceGoal
  readonly options: ChanceOptions
  readonly scenarios: Scenarios
  readonly needed: number
  /** Expected executions by step index. */
  readonly executions: Float64Array
}

/** A plan as counted on the common scenarios. */
export interface Evaluated {
  readonly selection: CandidateSelection
  readonly kappa: number
  readonly hits: number
  readonly expectedUsd: number
  readonly latencyMs: number
}

export function searchOf(
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

/** One surrogate to plan. */
export interface Attempt {
  readonly conditionalTime: ConditionalTime
  readonly goal: SelectionGoal
  readonly kappa: number
}

/** The plan of a surrogate; null where the solver finds none. */
export function planned(search: Search, margins: Margins, { conditionalTime, goal, kappa }: Attempt): Evaluated | null {
  const { problem, options, solver } = search
  const unfolded = options.unfoldings === undefined ? {} : { unfoldings: options.unfoldings, conditionalTime }
  const surrogate = surrogateOf(problem, margins, unfolded)
  const entries = solver(surrogate.problem, goal)
  return entries === null ? null : evaluate(search, candidatesOf(surrogate, entries), kappa)
}

/** Counts a plan on the common scenarios. */
export function evaluate(search: Search, selection: CandidateSelection, kappa: number): Evaluated {
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

/** What a plan shows on scenarios that no search has seen. */
export function verified(search: Search, { selection, kappa, expectedUsd, latencyMs }: Evaluated): ChancePlan {
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
