import type { CompiledSpace, Estimator } from "../../../estimation/estimator.ts"
import { formatMs } from "../../../base/format.ts"
import type { PlatformLimits } from "../../../workflow/limits.ts"
import { stepOf } from "../../../workflow/workflow.ts"
import { type CompiledSpaces, compiledSpaces } from "../../compiled-spaces.ts"
import { cheapestWithin, configAt, mostCostEffective } from "../../frontier.ts"
import { frontierCache } from "../../frontier-cache.ts"
import type { Decision, Policy, RunView } from "../../policy.ts"
import { stepChoices } from "../../step-choices.ts"
import { earliestEnd } from "../../stepconf/outlook.ts"
import type { OpenChoices } from "../../stepconf/selection.ts"
import { situationOf, type Source } from "../../stepconf/situation.ts"
import { decisionOf, deadlineOf, firstReady } from "../decision.ts"
import { type FixedCounts, type Knobs, restrictSpace, withTimes } from "../knobs.ts"
import { initialCache, remember, visitStep } from "./cached-pairs.ts"
import { repairedWindows } from "./repaired-windows.ts"
import { publishedFinish, type StepConfPreset } from "./sequential-run.ts"
import { interKnobs, intraKnobs } from "./stepconf-planners.ts"

export interface AlgorithmOnePolicyOptions {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  readonly preset: StepConfPreset
  /** Quantile of every part of a step's time; 0.9 as in the paper where absent. */
  readonly percentile?: number
}

/**
 * StepConf's Algorithm 1 online, one call a step: the sub-SLO of the step by its critical path, then the cheapest
 * configuration within it, the fastest where none fits. Times are sums of the parts' quantiles, weights those of the
 * most cost-effective configurations when all start cold. The cache of `published` is rebuilt from the starts in the
 * view, so a hypothetical view gets the decision that the run would get there. Our own policy is `stepConf`.
 */
export function algorithmOne(options: AlgorithmOnePolicyOptions): Policy {
  return policy(`stepconf-${options.preset}`, options, {})
}

/** StepConf-Inter: processes are fixed. */
export function stepConfInter(options: AlgorithmOnePolicyOptions & FixedCounts): Policy {
  return policy(`stepconf-inter-${options.preset}`, options, interKnobs(options))
}

/** StepConf-Intra: instances are fixed. */
export function stepConfIntra(options: AlgorithmOnePolicyOptions & FixedCounts): Policy {
  return policy(`stepconf-intra-${options.preset}`, options, intraKnobs(options))
}

interface Context {
  readonly name: string
  readonly preset: StepConfPreset
  readonly source: Source
  readonly spaces: CompiledSpaces
}

function policy(name: string, options: AlgorithmOnePolicyOptions, knobs: Knobs): Policy {
  const { estimator, limits, preset, percentile = 0.9 } = options
  const spaces = compiledSpaces(estimator)
  const own = new WeakMap<CompiledSpace, CompiledSpace>()
  const spaceOf = (view: RunView, step: string): CompiledSpace => {
    const space = spaces.get(stepOf(view.workflow, step), { tasks: view.tasks, goal: { ...view.goal, percentile } })
    const found = own.get(space) ?? withTimes(restrictSpace(space, knobs), "parts")
    own.set(space, found)
    return found
  }
  const context = { name, preset, spaces, source: { limits, frontiers: frontierCache(), spaceOf } }
  return { name, decide: (view) => decide(context, view) }
}

function decide(context: Context, view: RunView): Decision {
  const { source, preset } = context
  const name = firstReady(view)
  const situation = { ...situationOf(source, view, 1), deadlineMs: deadlineOf(view, context.name) }
  const i = situation.graph.indexOf.get(name)!
  const frontier = situation.frontiers[i]!
  const latestFinishMs =
    preset === "repaired" ? repairedWindows(situation).endMs[i]! : finishByPairs(source, view, { situation, i })
  const subSloMs = latestFinishMs - view.nowMs
  const found = cheapestWithin(frontier, subSloMs * (1 + 1e-9))
  const takes = `${formatMs(frontier.latencyMs[Math.max(0, found)]!)} of its sub-SLO of ${formatMs(subSloMs)}`
  return decisionOf(view, context.spaces.get(stepOf(view.workflow, name), view), {
    config: configAt(frontier.space, frontier.point[Math.max(0, found)]!),
    latestFinishMs,
    infeasible: earliestEnd(situation) > situation.deadlineMs * (1 + 1e-9),
    reason: found < 0 ? `fastest, as nothing fits: ${takes}` : `cheapest that fits: ${takes}`,
  })
}

/** Replays what Algorithm 1 stored when each step so far was reached, then visits this one. */
function finishByPairs(
  source: Source,
  view: RunView,
  { situation, i }: { readonly situation: OpenChoices; readonly i: number },
): number {
  const { graph } = situation
  const weightMs = coldWeights(source, view)
  const cache = initialCache(graph, situation.deadlineMs)
  const reached = [...view.finished, ...view.running]
    .map(([name, { startedAtMs }]) => ({ step: graph.indexOf.get(name)!, nowMs: startedAtMs }))
    .sort((a, b) => a.nowMs - b.nowMs || a.step - b.step)
  for (const { step, nowMs } of reached) {
    const pair = cache.get(step)
    if (pair !== undefined) remember(graph, cache, visitStep(graph, pair, { step, nowMs, weightMs }).stored)
  }
  return publishedFinish({ ...situation, weightMs }, cache, { step: i, nowMs: view.nowMs })
}

/** Times at the most cost-effective configurations of all steps, those that ran too: the same at every decision. */
function coldWeights(source: Source, view: RunView): Float64Array {
  const { workflow, goal } = view
  const spaces = new Map(workflow.steps.map((step) => [step.name, source.spaceOf(view, step.name)]))
  const { frontiers } = stepChoices({ workflow, goal, spaces, limits: source.limits }, source.frontiers)
  return Float64Array.from(frontiers, (frontier) => frontier.latencyMs[mostCostEffective(frontier)]!)
}
