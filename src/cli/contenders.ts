import { TrimtabError } from "../base/errors.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { PLANNERS, POLICIES } from "../optimization/planners.ts"
import type { Contender } from "../simulation/arena.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { chosenPolicy } from "./simulation-policy.ts"

export interface ArenaSource {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly estimator: Estimator
  readonly limits: PlatformLimits
}

/** Marks a planner whose plan is kept, among names of policies. */
const STATIC = "static:"

/** Left out unless they are named: they repeat another one, or search for long. */
const NOT_BY_DEFAULT: ReadonlySet<string> = new Set([
  `${STATIC}frontier-merge`,
  `${STATIC}stepconf`,
  `${STATIC}oracle`,
  `${STATIC}bayesian`,
  `${STATIC}stepconf-repaired`,
  `${STATIC}stepconf-inter-repaired`,
  `${STATIC}stepconf-intra-repaired`,
  `${STATIC}stepconf-published`,
  `${STATIC}stepconf-inter-published`,
  `${STATIC}stepconf-intra-published`,
  "stepconf-inter-repaired",
  "stepconf-intra-repaired",
])

/**
 * The strategies of a comparison, ours first: policies by their name, planners whose plan is kept as `static:NAME`.
 * Without `only` those that know the goal and are no variant of another one.
 * @throws TrimtabError `usage` for a name that is none
 */
export function contendersOf(source: ArenaSource, only?: readonly string[]): readonly Contender[] {
  const all = [...online(source), ...kept(source)]
  if (only === undefined) return all.filter(({ name }) => !NOT_BY_DEFAULT.has(name))
  return only.map((name) => {
    const found = all.find((contender) => contender.name === name)
    if (found !== undefined) return found
    const names = all.map((contender) => contender.name).join(", ")
    throw new TrimtabError("usage", `there is no strategy ${name} for this goal; use some of ${names}`, {
      fix: "leave --only out, or name strategies separated by commas",
    })
  })
}

function online(source: ArenaSource): readonly Contender[] {
  return POLICIES.filter(({ goals }) => goals.includes(source.goal.kind)).map(({ name }) => ({
    name,
    kind: "online",
    create: () => chosenPolicy({ ...source, policy: name }).create(),
  }))
}

function kept(source: ArenaSource): readonly Contender[] {
  return PLANNERS.filter(({ goals }) => goals.includes(source.goal.kind)).map(({ name, kind }) => ({
    name: `${STATIC}${name}`,
    kind,
    create: () => chosenPolicy({ ...source, planner: name }).create(),
  }))
}
