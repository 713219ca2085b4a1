import type { Planner } from "../planner.ts"
import { proposingPlanner } from "../searches/search-planner.ts"
import { MEMORY_AND_INSTANCES } from "../searches/search-space.ts"
import { jolteon, type JolteonOptions } from "./jolteon.ts"

export interface JolteonPlannerOptions extends Omit<JolteonOptions, "seed" | "eps"> {
  /** Default 1. */
  readonly seed?: number
}

/**
 * Jolteon as a planner; memory and instances, both goals, eps from the goal's percentile. Its plan counts as far as it
 * keeps the goal when priced as all plans are; `jolteon` itself says what it would have deployed.
 */
export function jolteonPlanner(options: JolteonPlannerOptions = {}): Planner {
  const { preset = "repaired" } = options
  const name = preset === "repaired" ? "jolteon" : `jolteon-${preset}`
  return proposingPlanner(name, MEMORY_AND_INSTANCES, (space, { target }) => {
    const eps = 1 - space.choices.problem.goal.percentile
    return [jolteon(space, target, { seed: 1, ...options, eps }).selection]
  })
}
