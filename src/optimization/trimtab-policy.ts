import { TrimtabError } from "../base/errors.ts"
import type { Estimator } from "../estimation/estimator.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { stepOf, type Workflow } from "../workflow/workflow.ts"
import { cheapestWithin, configAt, type Frontier } from "./frontier.ts"
import { frontierCache } from "./frontier-cache.ts"
import type { Decision, Policy, RunView } from "./policy.ts"
import { predictedOf } from "./predicted.ts"
import { reasonFor } from "./stepconf/reason.ts"
import { runSpaces, type Source } from "./stepconf/situation.ts"
import { replan } from "./trimtab/replan.ts"

export interface TrimtabPolicyOptions {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  /** Nodes of the branch and bound of each decision; 12 where absent, fewer above 100 steps either way. */
  readonly nodes?: number
  /**
   * Called when a decision begins; what it returns is polled, and true ends the search with the best plan so far, at
   * the least the one before. Decisions then depend on the machine; without it they follow from the view alone.
   */
  readonly stopper?: () => () => boolean
}

/** Most of what 30 nodes gain before a run: the next decision plans again anyway. */
const NODES = 12

/** Nodes times steps of a decision: a few milliseconds. */
const WORK = 1200

/** A plan is as good as the best within it: far below what any estimate knows. */
const GAP = 1e-4

/** Rounding of sums. */
const TOLERANCE = 1 + 1e-9

/**
 * Our policy: before each step it plans the rest of the run anew as `trimtabPlanner` would, with executed steps done
 * and running ones taking what is expected of them now that they have run so long, and decides the step that is ready.
 * Margins shrink with the steps that are left (margins.ts) and give way when the goal seems out of reach; a late run
 * hurries its longest path alone. Warm instances count with their shorter delay. Pure but for caches: a hypothetical
 * view gets the decision that the run would get there. A decision costs about one relaxation and a few nodes, 0.1 to
 * 0.3 ms up to 16 steps, beside frontiers not seen before.
 */
export function trimtabPolicy({ estimator, limits, nodes = NODES, stopper }: TrimtabPolicyOptions): Policy {
  const source: Source = { limits, frontiers: frontierCache(), spaceOf: runSpaces(estimator) }
  /** Only kept where a search may be stopped: else it would find the same without. */
  const plans = new WeakMap<Workflow, Float64Array>()
  return {
    name: "trimtab",
    decide: (view) => {
      const name = view.ready[0]
      if (name === undefined) throw new TrimtabError("internal", "a policy was asked to decide, but no step is ready")
      const shouldStop = stopper?.()
      const maxNodes = Math.min(nodes, Math.floor(WORK / view.workflow.steps.length))
      const searchLimits = { maxNodes, gap: GAP, ...(shouldStop === undefined ? {} : { shouldStop }) }
      const plan = replan(source, view, { limits: searchLimits, knownMs: plans.get(view.workflow) ?? null })
      if (shouldStop !== undefined) plans.set(view.workflow, plan.timesMs)
      return decisionFor(name, plan)
    },
  }
}

/** The cheapest configuration that ends before what the plan has after it must begin. */
function decisionFor(name: string, { outlook, latestFinishMs }: ReturnType<typeof replan>): Decision {
  const { situation, view } = outlook
  const i = situation.graph.indexOf.get(name)!
  const frontier = situation.frontiers[i]!
  const shareMs = latestFinishMs[i]! - view.nowMs
  const chosen =
    outlook.kind === "over-budget"
      ? frontier.point.length - 1
      : Math.max(0, cheapestWithin(frontier, shareMs * TOLERANCE))
  const config = configAt(frontier.space, frontier.point[chosen]!)
  const predicted = predictedOf(frontier.space, config, warmOf(view, name, config.memoryMB))
  return {
    config,
    reason: reasonFor(outlook, { frontier, chosen, shareMs, warm: config.instances - predicted.coldStarts }),
    runnerUp: runnerUpOf(frontier, chosen),
    predicted,
    latestFinishMs: latestFinishMs[i]!,
    infeasible: outlook.kind !== "on-time",
  }
}

function warmOf(view: RunView, name: string, memoryMB: number): number {
  return view.warm(stepOf(view.workflow, name).function, memoryMB)
}

/** The next faster entry, which also fits; for the fastest one the next cheaper, which is too slow. */
function runnerUpOf(frontier: Frontier, chosen: number): Decision["runnerUp"] {
  const other = chosen > 0 ? chosen - 1 : 1
  const point = frontier.point[other]
  if (point === undefined) return null
  const [latencyMs, costUsd] = [frontier.latencyMs[other]!, frontier.costUsd[other]!]
  return { config: configAt(frontier.space, point), latencyMs, costUsd }
}
