import { coldStarts, costOf, latencyOf, pointOf } from "../../estimation/compiled-space.ts"
import type { CompiledSpace } from "../../estimation/estimator.ts"
import type { SpaceDraws } from "../../estimation/space-draws.ts"
import { formatConfig, type StepConfig } from "../../workflow/config.ts"
import type { Graph } from "../../workflow/graph.ts"
import type { Plan } from "../../workflow/workflow.ts"
import { type Capacity, usage, wholeCapacity } from "../capacity.ts"
import { planEnd } from "../plan-schedule.ts"
import type { DrawnWorkflow } from "./drawn-workflow.ts"
import type { Outcome } from "./price-of-miss.ts"

/** One configuration of a step in every draw. */
export interface PricedOption {
  readonly medianMs: Float64Array
  /** With the step's part of the way to the percentile. */
  readonly percentileMs: Float64Array
  readonly costUsd: Float64Array
  readonly use: Capacity
}

/** Kept as long as the draws are: a step whose function was not measured again is priced already. */
const known = new WeakMap<SpaceDraws, Map<string, PricedOption>>()

/**
 * What a configuration of step i takes and costs in every draw; NaN where it cannot run, and everywhere when the present
 * estimates say that it cannot: no plan could be made of it now.
 */
export function pricedOption({ present, draws, steps }: DrawnWorkflow, i: number, config: StepConfig): PricedOption {
  const margin = present.margins[i]!
  const options = known.get(steps[i]!) ?? new Map<string, PricedOption>()
  known.set(steps[i]!, options)
  const key = `${formatConfig(config)}|${margin}`
  const found = options.get(key)
  if (found !== undefined) return found
  const nowhere = (): Float64Array => new Float64Array(draws.length).fill(NaN)
  const [medianMs, percentileMs, costUsd] = [nowhere(), nowhere(), nowhere()]
  const priced = canRun(present.frontiers[i]!.space, config) ? draws : []
  for (const [b, { frontiers }] of priced.entries()) {
    const { space } = frontiers[i]!
    const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!
    const median = latencyOf(space, point, "median")
    medianMs[b] = median
    percentileMs[b] = median + margin * (latencyOf(space, point, "percentile") - median)
    costUsd[b] = costOf(space, point)
  }
  const option = { medianMs, percentileMs, costUsd, use: usage(present.problem.limits, config) }
  options.set(key, option)
  return option
}

function canRun(space: CompiledSpace, config: StepConfig): boolean {
  return !Number.isNaN(costOf(space, pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!))
}

/** What a plan takes and costs in every draw, NaN where it cannot run. Steps that do not fit on the platform together wait. */
export function pricedPlan(drawn: DrawnWorkflow, plan: Plan): (draw: number) => Outcome {
  const { graph, problem } = drawn.present
  const options = graph.names.map((name, i) => pricedOption(drawn, i, plan[name]!))
  const uses = options.map(({ use }) => use)
  const whole = wholeCapacity(problem.limits)
  const waits =
    uses.reduce((sum, use) => sum + use.vcpus, 0) > whole.vcpus ||
    uses.reduce((sum, use) => sum + use.instances, 0) > whole.instances
  const durationsMs = new Float64Array(options.length)
  const end = (level: "medianMs" | "percentileMs", draw: number): number => {
    for (let i = 0; i < options.length; i++) durationsMs[i] = options[i]![level][draw]!
    return waits ? planEnd(graph, { durationsMs, usage: uses }, whole) : longestPath(graph, durationsMs)
  }
  const canRunIn = (draw: number): boolean => options.every(({ costUsd }) => !Number.isNaN(costUsd[draw]!))
  return (draw) => {
    if (!canRunIn(draw)) return CANNOT_RUN
    return {
      medianMs: end("medianMs", draw),
      percentileMs: end("percentileMs", draw),
      costUsd: options.reduce((sum, { costUsd }) => sum + costUsd[draw]!, 0),
    }
  }
}

const CANNOT_RUN: Outcome = { medianMs: NaN, percentileMs: NaN, costUsd: NaN }

function longestPath({ parents }: Graph, durations: Float64Array): number {
  const ends = new Float64Array(durations.length)
  let length = 0
  for (let i = 0; i < ends.length; i++) {
    let start = 0
    for (const parent of parents[i]!) start = Math.max(start, ends[parent]!)
    ends[i] = start + durations[i]!
    length = Math.max(length, ends[i]!)
  }
  return length
}
