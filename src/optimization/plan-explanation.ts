import { coldStarts, costOf, pointOf } from "../estimation/compiled-space.ts"
import type { StepConfig } from "../workflow/config.ts"
import { schedule } from "../workflow/critical-path.ts"
import type { Plan } from "../workflow/workflow.ts"
import { type Capacity, usage, wholeCapacity } from "./capacity.ts"
import { configAt, type Frontier } from "./frontier.ts"
import { planEnd } from "./plan-schedule.ts"
import { latencyWith } from "./predicted.ts"
import { type StepChoices, stepChoices } from "./step-choices.ts"
import type { Problem } from "./planner.ts"

/** Another configuration of one step, and the whole plan with it; times in ms at the goal's percentile, costs in USD. */
export interface StepAlternative {
  readonly config: StepConfig
  readonly latencyMs: number
  readonly costUsd: number
  readonly planLatencyMs: number
  readonly planCostUsd: number
}

/** Why a step has its configuration: its place in the schedule and the next entries of its frontier. */
export interface StepExplanation {
  readonly step: string
  readonly config: StepConfig
  readonly latencyMs: number
  readonly costUsd: number
  /** By how much it could take longer with the plan as long as before, ms; 0 on the critical path. */
  readonly slackMs: number
  readonly critical: boolean
  /** Whether no other configuration that can run is as cheap and as fast. */
  readonly onFrontier: boolean
  /** The dearest entry that costs less; null at the cheapest. */
  readonly cheaper: StepAlternative | null
  /** The cheapest entry that is faster; null at the fastest. */
  readonly faster: StepAlternative | null
}

/** Rounding of sums. */
const ROUNDING = 1e-9

/**
 * Explains each step of any plan of the problem, in the order of the workflow. O(V (V + E)).
 * @throws TrimtabError `usage` when a configuration is outside its step's space.
 */
export function explainPlan(problem: Problem, plan: Plan): readonly StepExplanation[] {
  const choices = stepChoices(problem)
  const priced = pricedSteps(choices, plan)
  const { start, tail, length } = schedule(choices.graph, priced.latencyMs)
  return choices.graph.names.map((step, i) => {
    const [latencyMs, costUsd] = [priced.latencyMs[i]!, priced.costUsd[i]!]
    const slackMs = Math.max(0, length - start[i]! - latencyMs - tail[i]!)
    const critical = slackMs <= ROUNDING * length
    const { cheaper, faster } = neighbours(choices.frontiers[i]!, latencyMs, costUsd)
    const alternative = (entry: number): StepAlternative | null =>
      entry < 0 ? null : alternativeOf(choices, priced, { i, entry })
    return {
      step,
      config: plan[step]!,
      latencyMs,
      costUsd,
      slackMs: critical ? 0 : slackMs,
      critical,
      onFrontier: cheaper === -1 || choices.frontiers[i]!.latencyMs[cheaper]! > latencyMs,
      cheaper: alternative(cheaper),
      faster: alternative(faster),
    }
  })
}

interface PricedSteps {
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  readonly totalUsd: number
  readonly usage: readonly Capacity[]
}

function pricedSteps({ graph, frontiers, margins, problem }: StepChoices, plan: Plan): PricedSteps {
  const configs = graph.names.map((name) => plan[name]!)
  const costUsd = Float64Array.from(configs, (config, i) => {
    const { space } = frontiers[i]!
    return costOf(space, pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!)
  })
  return {
    latencyMs: Float64Array.from(configs, (config, i) => latencyWith(frontiers[i]!.space, config, margins[i]!)),
    costUsd,
    totalUsd: costUsd.reduce((sum, usd) => sum + usd, 0),
    usage: configs.map((config) => usage(problem.limits, config)),
  }
}

/** Indices of the next entries of a frontier on both sides of a point on or above it; -1 where there is none. */
function neighbours(
  frontier: Frontier,
  latencyMs: number,
  costUsd: number,
): { readonly cheaper: number; readonly faster: number } {
  return {
    cheaper: frontier.costUsd.findIndex((usd) => usd < costUsd * (1 - ROUNDING)),
    faster: frontier.latencyMs.findLastIndex((ms) => ms < latencyMs * (1 - ROUNDING)),
  }
}

function alternativeOf(
  choices: StepChoices,
  priced: PricedSteps,
  { i, entry }: { readonly i: number; readonly entry: number },
): StepAlternative {
  const { graph, frontiers, problem } = choices
  const frontier = frontiers[i]!
  const config = configAt(frontier.space, frontier.point[entry]!)
  const [latencyMs, costUsd] = [frontier.latencyMs[entry]!, frontier.costUsd[entry]!]
  const load = {
    durationsMs: priced.latencyMs.with(i, latencyMs),
    usage: priced.usage.with(i, usage(problem.limits, config)),
  }
  return {
    config,
    latencyMs,
    costUsd,
    planLatencyMs: planEnd(graph, load, wholeCapacity(problem.limits)),
    planCostUsd: priced.totalUsd - priced.costUsd[i]! + costUsd,
  }
}
