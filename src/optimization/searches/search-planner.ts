import { seededRandom, type Random } from "../../base/random.ts"
import type { PricedPlan, Planner, PlanResult } from "../planner.ts"
import { cheapestPlan, fastestPlan, pricePlan } from "../plans.ts"
import { keepsBound, measureEstimates, runSearch, type Search, sidesOf, type Target, targetOf } from "../search.ts"
import type { Plan } from "../../workflow/workflow.ts"
import { type Knobs, type SearchSpace, searchSpace } from "./search-space.ts"

/** Selections worth pricing, found in a space for a target. */
export type Propose = (space: SearchSpace, at: { target: Target; shouldStop?: () => boolean }) => readonly Int32Array[]

/**
 * A planner around anything that proposes selections: the best of them that keeps the goal when priced as every plan
 * is. Where none does, the fastest plan of the knobs for a deadline and the cheapest for a budget, or the answer that
 * even these do not keep it. Nothing is proven.
 */
export function proposingPlanner(name: string, knobs: Knobs, propose: Propose): Planner {
  return {
    name,
    plan: (problem, options) => {
      const space = searchSpace(problem, knobs)
      const target = targetOf(problem.goal)
      const { choices } = space
      const [fastest, cheapest] = [fastestPlan(choices), cheapestPlan(choices)]
      const safe = target.objective === "cost" ? fastest : cheapest
      if (!keepsBound(target, safe)) return { feasible: false, fastest, cheapest }
      const stop = options?.shouldStop === undefined ? {} : { shouldStop: options.shouldStop }
      const proposed = propose(space, { target, ...stop }).map((selection) =>
        pricePlan(choices, planIn(space, selection)),
      )
      return unproven(best(target, [safe, ...proposed]))
    },
  }
}

/** A planner that lets a search measure the estimates of the problem, without noise. */
export function searchPlanner(options: {
  readonly name: string
  readonly knobs: Knobs
  readonly seed: number
  readonly evaluations: number
  readonly create: (space: SearchSpace, at: { readonly target: Target; readonly random: Random }) => Search
}): Planner {
  const { evaluations } = options
  return proposingPlanner(options.name, options.knobs, (space, at) => {
    const search = options.create(space, { target: at.target, random: seededRandom(options.seed) })
    const run = runSearch(search, measureEstimates(space), { evaluations, ...at })
    const seen = run.samples.filter((sample) => keepsBound(at.target, sample)).map((sample) => sample.selection)
    return run.best === null ? seen : [run.best, ...seen]
  })
}

/** The plan of a selection of options. */
export function planIn({ graph, steps }: SearchSpace, selection: Int32Array): Plan {
  return Object.fromEntries(graph.names.map((name, i) => [name, steps[i]!.configs[selection[i]!]!]))
}

function best(target: Target, plans: readonly PricedPlan[]): PricedPlan {
  const kept = plans.filter((plan) => keepsBound(target, plan))
  return kept.reduce((least, plan) =>
    sidesOf(target, plan).objective < sidesOf(target, least).objective ? plan : least,
  )
}

function unproven(priced: PricedPlan): PlanResult {
  return { feasible: true, ...priced, lowerBound: null, gap: null }
}
