import type { Planner } from "../planner.ts"
import { proposingPlanner } from "../searches/search-planner.ts"
import { MEMORY_ONLY, type SearchSpace } from "../searches/search-space.ts"
import { configNavigator, type NavigatedSpace, type NavigatorOptions } from "./config-navigator.ts"

export interface NavigatorPlannerOptions extends Omit<NavigatorOptions, "seed" | "shouldStop"> {
  /** Default 1. */
  readonly seed?: number
}

/** Halvings of the budget for a deadline. */
const HALVINGS = 6

/**
 * ConfigNavigator's search as a planner; memory alone. Its goal is latency within a budget. For a deadline it looks, by
 * halving, for the smallest budget whose plan is in time.
 */
export function configNavigatorPlanner(options: NavigatorPlannerOptions = {}): Planner {
  return proposingPlanner("config-navigator", MEMORY_ONLY, (space, { target, shouldStop }) => {
    const navigated = navigatedSpace(space)
    const search = { seed: 1, ...options, ...(shouldStop === undefined ? {} : { shouldStop }) }
    const within = (budgetUsd: number): Int32Array[] => {
      const found = configNavigator(navigated, budgetUsd, search)
      return found === null ? [] : [found.selection]
    }
    if (target.objective === "latency") return within(target.bound)
    let [low, high] = costRange(space)
    const proposed = within(high)
    for (let i = 0; i < HALVINGS; i++) {
      if (shouldStop?.() === true) break
      const middle = (low + high) / 2
      const found = configNavigator(navigated, middle, search)
      if (found !== null) proposed.push(found.selection)
      if (found !== null && found.latencyMs <= target.bound) high = found.costUsd
      else low = middle
      if (high <= low) break
    }
    return proposed
  })
}

function navigatedSpace({ graph, steps, choices }: SearchSpace): NavigatedSpace {
  return { graph, steps, margins: choices.margins, percentile: choices.problem.goal.percentile }
}

/** Cost of all steps at their cheapest and at their fastest. */
function costRange({ choices }: SearchSpace): [number, number] {
  const sum = (entry: (costUsd: Float64Array) => number): number =>
    choices.frontiers.reduce((total, { costUsd }) => total + entry(costUsd), 0)
  return [sum((costUsd) => costUsd.at(-1)!), sum((costUsd) => costUsd[0]!)]
}
