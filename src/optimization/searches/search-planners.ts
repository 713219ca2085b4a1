import type { Planner } from "../planner.ts"
import { aquatope } from "./aquatope.ts"
import { bayesianSearch } from "./bayesian-search.ts"
import { charmseeker } from "./charmseeker.ts"
import { MEMORY_AND_INSTANCES, MEMORY_ONLY } from "./search-space.ts"
import { searchPlanner } from "./search-planner.ts"

export interface SearchPlannerOptions {
  /** Default 1. */
  readonly seed?: number
  /** Runs of the workflow; default 80, as in ConfigNavigator's section 4.4. */
  readonly evaluations?: number
}

const DEFAULTS = { seed: 1, evaluations: 80 }

/** Memory of every step by one constrained Gaussian-process search over the whole workflow. */
export function bayesianPlanner(options: SearchPlannerOptions = {}): Planner {
  return searchPlanner({
    ...DEFAULTS,
    ...options,
    name: "bayesian",
    knobs: MEMORY_ONLY,
    create: ({ steps }, { target, random }) => bayesianSearch(steps, target, { random }),
  })
}

/** Aquatope on memory; its CPU knob is memory on the platforms we plan for. */
export function aquatopePlanner(options: SearchPlannerOptions = {}): Planner {
  return searchPlanner({
    ...DEFAULTS,
    ...options,
    name: "aquatope",
    knobs: MEMORY_ONLY,
    create: ({ steps }, { target, random }) => aquatope(steps, target, { random }),
  })
}

/** Charmseeker on memory and instances: its workload per function is tasks / instances. */
export function charmseekerPlanner(
  options: SearchPlannerOptions & { readonly preset?: "published" | "repaired" } = {},
): Planner {
  const { evaluations, seed, preset = "repaired" } = { ...DEFAULTS, ...options }
  return searchPlanner({
    name: preset === "repaired" ? "charmseeker" : `charmseeker-${preset}`,
    knobs: MEMORY_AND_INSTANCES,
    seed,
    evaluations,
    create: (space, { target, random }) => charmseeker(space, target, { random, evaluations, preset }),
  })
}
