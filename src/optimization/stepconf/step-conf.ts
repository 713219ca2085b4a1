import { TrimtabError } from "../../base/errors.ts"
import type { Estimator } from "../../estimation/estimator.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import { stepOf } from "../../workflow/workflow.ts"
import { cheapestWithin, configAt, type Frontier } from "../frontier.ts"
import { frontierCache } from "../frontier-cache.ts"
import type { Decision, Policy, RunView } from "../policy.ts"
import { predictedOf } from "../predicted.ts"
import { sweep } from "../reclaim.ts"
import { type Outlook, outlookOf } from "./outlook.ts"
import { reasonFor } from "./reason.ts"
import { cheapestSelection, type OpenChoices } from "./selection.ts"
import { runSpaces, type Source } from "./situation.ts"
import { subSlos } from "./sub-slos.ts"

export interface StepConfOptions {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  /**
   * What a step's latest finish follows from. `plan`, the default: a plan for the rest of the run that spends the slack
   * which sub-SLOs would leave. `sub-slos`: the windows of sub-slos.ts.
   */
  readonly finish?: Finish
}

export type Finish = "plan" | "sub-slos"

/**
 * Our policy, after StepConf's Algorithm 1 (which itself, as published and repaired, is in ../baselines/stepconf):
 * before each step it shares the time that is left out over the steps that are left, and takes the cheapest
 * configuration of the step that fits its share. Slack and deficit pass on; warm instances count with their shorter
 * mapping delay; when nothing fits any more the critical path goes as fast as it can. Pure but for caches: a
 * hypothetical view gets the decision that the run would get there.
 */
export function stepConf({ estimator, limits, finish = "plan" }: StepConfOptions): Policy {
  const source: Source = { limits, frontiers: frontierCache(), spaceOf: runSpaces(estimator) }
  return { name: "stepconf", decide: (view) => decide(source, finish, view) }
}

function decide(source: Source, finish: Finish, view: RunView): Decision {
  const name = view.ready[0]
  if (name === undefined) throw new TrimtabError("internal", "a policy was asked to decide, but no step is ready")
  const outlook = outlookOf(source, view)
  const i = outlook.situation.graph.indexOf.get(name)!
  const frontier = outlook.situation.frontiers[i]!
  const latestFinishMs = latestFinish(outlook.situation, i, finish)
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

/** The end of the step's window, or later where the plan for the rest of the run leaves more time. */
function latestFinish(situation: OpenChoices, i: number, finish: Finish): number {
  if (finish === "sub-slos") return subSlos(situation).endMs[i]!
  return situation.deadlineMs - sweep(situation, cheapestSelection(situation)).tailMs[i]!
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
