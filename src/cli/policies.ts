import { realClock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { POLICIES } from "../optimization/planners.ts"
import type { Policy } from "../optimization/policy.ts"
import { staticPolicy } from "../optimization/static-policy.ts"
import { trimtabPlanner } from "../optimization/trimtab-planner.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { problemOf, unreachable } from "./planning.ts"

/** Who decides where nobody is named. */
export const DEFAULT_POLICY = "trimtab"

/** Follows the plan that is made before the run. */
const STATIC = "static"

const NAMES: readonly string[] = [...POLICIES.map(({ name }) => name), STATIC]

/** What a policy of a run decides about, and from what. */
export interface PolicyOrder {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly estimator: Estimator
  readonly limits: PlatformLimits
}

export function isPolicyName(name: string): boolean {
  return NAMES.includes(name)
}

/** @throws TrimtabError `usage` with all names */
export function assertPolicyName(name: string): void {
  if (isPolicyName(name)) return
  throw new TrimtabError("usage", `there is no policy ${name}; use one of ${NAMES.join(", ")}`, {
    fix: "choose one of trimtab planners, or static",
  })
}

/**
 * Checks before the first invocation that the goal can be met, unless best effort is enough.
 * @throws TrimtabError `goal-unreachable` naming the fastest and the cheapest plan
 */
export function assertReachable(order: PolicyOrder): void {
  const planned = trimtabPlanner().plan(problemOf(order))
  if (!planned.feasible) throw unreachable(order.goal, planned)
}

/**
 * The policy of a name, for one run. Searches end after a time that nobody notices beside the run: the plan before
 * them goes on.
 * @throws TrimtabError `usage` for an unknown name, or where the policy does not know this kind of goal
 */
export function policyNamed(name: string, order: PolicyOrder): Policy {
  assertPolicyName(name)
  const { goal, estimator, limits } = order
  if (name === STATIC) {
    const planned = trimtabPlanner().plan(problemOf(order))
    return staticPolicy(planned.feasible ? planned.plan : planned.fastest.plan, estimator)
  }
  const entry = POLICIES.find((other) => other.name === name)!
  if (!entry.goals.includes(goal.kind))
    throw new TrimtabError("usage", `policy ${name} knows no goal but ${entry.goals.map(flagOf).join(" and ")}`, {
      fix: `leave --policy out, or give ${entry.goals.map(flagOf).join(" or ")}`,
    })
  return entry.create({ estimator, limits, stopper: stopperFor(goal) })
}

/** Policies for runs that began earlier: who decided goes on deciding, unless another one is named. */
export function policiesAgain(
  { estimator, limits }: Pick<PolicyOrder, "estimator" | "limits">,
  name?: string,
): (workflow: Workflow, goal: Goal, decidedBy: string | null) => Policy {
  return (workflow, goal, decidedBy) => {
    const before = decidedBy !== null && isPolicyName(decidedBy) ? decidedBy : DEFAULT_POLICY
    return policyNamed(name ?? before, { workflow, goal, estimator, limits })
  }
}

function flagOf(kind: Goal["kind"]): string {
  return kind === "cost" ? "--slo" : "--budget"
}

/** Bounds of the time that a decision may search, ms: searches take tenths of it, save on a machine that stalls. */
const SEARCH_MS = { least: 20, most: 500 }

/** Share of the deadline that a decision may search. */
const SEARCH_SHARE = 1 / 200

function stopperFor(goal: Goal): () => () => boolean {
  const wanted = goal.kind === "cost" ? goal.sloMs * SEARCH_SHARE : 0
  const mostMs = Math.min(SEARCH_MS.most, Math.max(SEARCH_MS.least, wanted))
  return () => {
    const endMs = realClock.monotonicMs() + mostMs
    return () => realClock.monotonicMs() > endMs
  }
}
