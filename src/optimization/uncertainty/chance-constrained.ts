import {
  type ChanceOptions,
  type ChancePlan,
  type Evaluated,
  evaluate,
  planned,
  type Search,
  searchOf,
  verified,
} from "./plan-search.ts"
import { hurryChance } from "./hurry-chance.ts"
import { reclaimChance } from "./reclaim-chance.ts"
import type { SelectionSolver } from "./selection-solver.ts"
import { candidatesOf, type ConditionalTime, surrogateOf } from "./surrogate.ts"
import type { ChanceGoal, UncertainProblem } from "./uncertain-problem.ts"
import { longestPath } from "../branch-and-bound/flat-problem.ts"

/** `closest` is the evaluated plan that keeps the goal most often. */
export type ChanceResult =
  | ({ readonly feasible: true } & ChancePlan)
  | { readonly feasible: false; readonly closest: ChancePlan }

/** Bisection of kappa: 2^-9 of the bracket is below the steps in which plans change. */
const BRACKET = [-1, 8] as const
const ROUNDS = 9

/** Margins of times that are tried where it is not them that decide how often the goal is kept. */
const LATENCY_MARGINS = [0, 0.5, 1, 1.5, 2, 3] as const

/**
 * The cheapest plan with P(T <= S) >= percentile, or the one of the least latency with P(C <= B) >= percentile. The
 * solver plans the surrogate t = mean + kappa sd (or c) at one kappa for all steps, and each of its plans is counted on
 * the same scenarios. The attainment of such plans rises with kappa, but not exactly: of all the plans that bisection
 * meets the best one that keeps the goal counts. What it keeps beyond the level is spent step by step (`reclaimChance`).
 * Where no margin leaves a plan that keeps the goal, the search goes on over deadlines other than S at a few margins.
 * Verified on fresh scenarios.
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
  if (keeping.length > 0) {
    const best = keeping.reduce(better)
    const plan = goal.kind === "cost" ? reclaimChance(search, best, goal.sloMs) : best
    return { feasible: true, ...verified(search, plan) }
  }
  return { feasible: false, closest: verified(search, evaluated.reduce(byHits)) }
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
  if (evaluated.some((plan) => plan.hits >= search.needed)) return evaluated
  const more = [
    ...evaluated,
    ...conditionalTimes(search).flatMap((time) => byDeadline(search, time)),
    ...fastest(search),
  ]
  const closest = [...evaluated.toSorted((a, b) => b.hits - a.hits).slice(0, 1), more.reduce(byHits)]
  return [...more, ...closest.map((plan) => hurryChance(search, plan, sloMs))]
}

/** Halvings of the deadline between the fastest and the cheapest plan. */
const DEADLINE_ROUNDS = 8

/**
 * Plans of a few margins at the latest deadline, before or after the SLO, with which they keep the goal. The goal may be
 * within reach although every surrogate whose margin would be enough asks for more than the SLO.
 */
function byDeadline(search: Search, conditionalTime: ConditionalTime): Evaluated[] {
  return LATENCY_MARGINS.flatMap((kappa) => {
    const unfolded = search.options.unfoldings === undefined ? {} : { unfoldings: search.options.unfoldings }
    const { problem } = surrogateOf(search.problem, { kappaMs: kappa, kappaUsd: 0 }, { ...unfolded, conditionalTime })
    const ends = (entry: (size: number) => number): number =>
      longestPath(
        problem,
        problem.curves.map(({ latencyMs }) => entry(latencyMs.length)),
      )
    let [low, high] = [ends(() => 0), ends((size) => size - 1)]
    const evaluated: Evaluated[] = []
    for (let round = 0; round < DEADLINE_ROUNDS; round++) {
      const sloMs = round === 0 ? low : (low + high) / 2
      const goal = { kind: "cost", sloMs } as const
      const plan = planned(search, { kappaMs: kappa, kappaUsd: 0 }, { conditionalTime, goal, kappa })
      if (plan !== null) evaluated.push(plan)
      if (plan !== null && plan.hits >= search.needed) low = sloMs
      else high = sloMs
      // Not even the fastest plan is good enough.
      if (round === 0 && high === low) break
    }
    return evaluated
  })
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

function byCost(a: Evaluated, b: Evaluated): Evaluated {
  return b.expectedUsd < a.expectedUsd ? b : a
}

function byLatency(a: Evaluated, b: Evaluated): Evaluated {
  return b.latencyMs < a.latencyMs ? b : a
}

function byHits(a: Evaluated, b: Evaluated): Evaluated {
  return b.hits > a.hits ? b : a
}
