import { TrimtabError } from "../base/errors.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { POLICIES } from "../optimization/planners.ts"
import type { Policy } from "../optimization/policy.ts"
import { staticPolicy } from "../optimization/static-policy.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { chooserOf, makePlan, plannerSource } from "./plan-making.ts"
import { problemOf } from "./planning.ts"

export interface PolicyChoice {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  /** A policy of `trimtab planners`; ours where absent. */
  readonly policy?: string | undefined
  /** Keeps the plan of that planner instead. */
  readonly planner?: string | undefined
}

/** Who decides in a simulation, and what it is called. */
export interface ChosenPolicy {
  readonly name: string
  readonly create: () => Policy
}

const OURS = "trimtab"

/** @throws TrimtabError `usage` for an unknown name, `goal-unreachable` where a planner finds no plan */
export function chosenPolicy(choice: PolicyChoice): ChosenPolicy {
  const { workflow, goal, estimator, limits, planner } = choice
  if (planner !== undefined) {
    chooserOf(planner)
    const { result } = makePlan(problemOf({ workflow, goal, estimator, limits }), plannerSource(estimator), planner)
    const policy = staticPolicy(result.plan, estimator)
    return { name: `${planner}, static`, create: () => policy }
  }
  const name = choice.policy ?? OURS
  const entry = POLICIES.find((one) => one.name === name)
  if (entry === undefined) {
    const names = POLICIES.map((one) => one.name).join(", ")
    throw new TrimtabError("usage", `there is no policy ${name}; use one of ${names}`, {
      fix: "choose one of trimtab planners",
    })
  }
  if (!entry.goals.includes(goal.kind))
    throw new TrimtabError("usage", `policy ${name} has no ${goal.kind} goal; give --slo`, { fix: "give --slo" })
  // Without state but for caches: runs share it.
  const policy = entry.create({ estimator, limits })
  return { name, create: () => policy }
}
