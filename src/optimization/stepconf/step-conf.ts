import { TrimtabError } from "../../base/errors.ts"
import type { Estimator } from "../../estimation/estimator.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import { stepOf } from "../../workflow/workflow.ts"
import { compiledSpaces } from "../compiled-spaces.ts"
import { cheapestWithin, configAt, type Frontier } from "../frontier.ts"
import { frontierCache } from "../frontier-cache.ts"
import type { Decision, Policy, RunView } from "../policy.ts"
import { predictedOf } from "../predicted.ts"
import { type Outlook, outlookOf } from "./outlook.ts"
import { reasonFor } from "./reason.ts"
import type { Source } from "./situation.ts"
import { subSlos } from "./sub-slos.ts"

export interface StepConfOptions {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  /** `repaired`: Algorithm 1 with windows worked out anew before each step and the fixes of sub-slos.ts. */
  readonly preset?: "repaired"
}

/**
 * StepConf's Algorithm 1 online: before each step it shares the time that is left out over the steps that are left,
 * and takes the cheapest configuration of the step that fits its share. Slack and deficit pass on; warm instances
 * count with their shorter mapping delay; when nothing fits any more the critical path goes as fast as it can. Pure
 * but for caches: a hypothetical view gets the decision that the run would get there.
 */
export function stepConf({ estimator, limits }: StepConfOptions): Policy {
  const spaces = compiledSpaces(estimator)
  const source: Source = {
    limits,
    frontiers: frontierCache(),
    spaceOf: (view, step) => spaces.get(stepOf(view.workflow, step), view),
  }
  return { name: "stepconf", decide: (view) => decide(source, view) }
}

function decide(source: Source, view: RunView): Decision {
  const name = view.ready[0]
  if (name === undefined) throw new TrimtabError("internal", "a policy was asked to decide, but no step is ready")
  const outlook = outlookOf(source, view)
  const i = outlook.situation.graph.indexOf.get(name)!
  const frontier = outlook.situation.frontiers[i]!
  const latestFinishMs = subSlos(outlook.situation).endMs[i]!
  const shareMs = latestFinishMs - view.nowMs
  const chosen = choose(outlook, frontier, shareMs)
  const { space } = frontier
  const config = configAt(space, frontier.point[chosen]!)
  const predicted = predictedOf(space, config, view.warm(stepOf(view.workflow, name).function, config.memoryMB))
  return {
    config,
    reason: reasonFor(outlook, { frontier, chosen, shareMs, warm: config.instances - predicted.coldStarts }),
    runnerUp: runnerUpOf(frontier, chosen),
    predicted,
    latestFinishMs,
    infeasible: outlook.kind !== "on-time",
  }
}

function choose(outlook: Outlook, frontier: Frontier, shareMs: number): number {
  if (outlook.kind === "over-budget") return frontier.point.length - 1
  return Math.max(0, cheapestWithin(frontier, shareMs * (1 + 1e-9)))
}

/** The next faster entry, which also fits; for the fastest one the next cheaper, which is too slow. */
function runnerUpOf(frontier: Frontier, chosen: number): Decision["runnerUp"] {
  const other = chosen > 0 ? chosen - 1 : 1
  const point = frontier.point[other]
  if (point === undefined) return null
  return {
    config: configAt(frontier.space, point),
    latencyMs: frontier.latencyMs[other]!,
    costUsd: frontier.costUsd[other]!,
  }
}
