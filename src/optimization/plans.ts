import { costOf, coldStarts, pointOf } from "../estimation/compiled-space.ts"
import type { StepConfig } from "../workflow/config.ts"
import type { Plan } from "../workflow/workflow.ts"
import { schedule } from "../workflow/critical-path.ts"
import { usage, wholeCapacity } from "./capacity.ts"
import { configAt } from "./frontier.ts"
import { planEnd } from "./plan-schedule.ts"
import type { PricedPlan } from "./planner.ts"
import { latencyWith } from "./predicted.ts"
import { reclaim } from "./reclaim.ts"
import type { StepChoices } from "./step-choices.ts"

/** One entry of each step's frontier, by step index: how planners name a plan while they search. */
export type Selection = Int32Array

/** The plan of a selection. */
export function planOf(choices: StepChoices, selection: Selection): Plan {
  const configs = choices.frontiers.map((frontier, i): [string, StepConfig] => [
    choices.graph.names[i]!,
    configAt(frontier.space, frontier.point[selection[i]!]!),
  ])
  return Object.fromEntries(configs)
}

/**
 * Prices any plan: latency is the longest path, with waits where steps do not fit on the platform together; cost is
 * the sum. Everything starts cold.
 * @throws TrimtabError `usage` when a configuration is outside its step's space.
 */
export function pricePlan(choices: StepChoices, plan: Plan): PricedPlan {
  const { graph, problem } = choices
  const configs = graph.names.map((name) => plan[name]!)
  const durationsMs = Float64Array.from(configs, (config, i) =>
    latencyWith(choices.frontiers[i]!.space, config, choices.margins[i]!),
  )
  const load = { durationsMs, usage: configs.map((config) => usage(problem.limits, config)) }
  const costUsd = configs.reduce((sum, config, i) => {
    const { space } = choices.frontiers[i]!
    return sum + costOf(space, pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!)
  }, 0)
  return { plan, latencyMs: planEnd(graph, load, wholeCapacity(problem.limits)), costUsd }
}

/** Every step at its fastest, then cheaper wherever that does not lengthen the workflow. */
export function fastestPlan(choices: StepChoices): PricedPlan {
  const selection = new Int32Array(choices.frontiers.length)
  const tMin = selectionLength(choices, selection)
  return pricePlan(choices, planOf(choices, reclaim(choices, selection, tMin * (1 + 1e-9))))
}

/** Every step at its cheapest. */
export function cheapestPlan(choices: StepChoices): PricedPlan {
  const selection = Int32Array.from(choices.frontiers, (frontier) => frontier.latencyMs.length - 1)
  return pricePlan(choices, planOf(choices, selection))
}

/** Longest path of a selection, ms. */
export function selectionLength({ graph, frontiers }: StepChoices, selection: Selection): number {
  return schedule(
    graph,
    frontiers.map((frontier, i) => frontier.latencyMs[selection[i]!]!),
  ).length
}
