/**
 * The plan that is expected to be worth most over all draws of what is not known. The plan that is best for the
 * estimates alone sits where they say that time is free, which is on the edge where a step would cost more if they were
 * a little wrong; this one keeps away from edges as far as that is worth it.
 */
import { sameConfig, type StepConfig } from "../../workflow/config.ts"
import { schedule } from "../../workflow/critical-path.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Graph } from "../../workflow/graph.ts"
import type { Plan } from "../../workflow/workflow.ts"
import { configAt } from "../frontier.ts"
import type { DrawnWorkflow } from "./drawn-workflow.ts"
import { lossUnder, type Outcome } from "./price-of-miss.ts"
import { type PricedOption, pricedOption } from "./priced-options.ts"

/** What a step may be given. */
interface Option extends PricedOption {
  readonly config: StepConfig
}

/** Configurations of a step that are looked at. */
const MOST_CONFIGS = 64
/** Rounds over all steps; two nearly always end it. */
const ROUNDS = 4

/**
 * Starts from a plan and gives one step after the other the configuration of least expected loss, until none changes.
 * Waits on a platform that is full are not seen: frontiers keep steps within their shares of it. A few ms for ten steps.
 */
export function leastRegretPlan(drawn: DrawnWorkflow, goal: Goal, start: Plan): Plan {
  const { graph } = drawn.present
  const options = graph.names.map((name, i) => optionsOf(drawn, i, start[name]!))
  const selection = options.map(() => 0)
  const search = { graph, options, selection, draws: drawn.draws.length, loss: lossUnder(goal) }
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false
    for (const i of options.keys()) {
      const best = bestOf(search, i)
      changed ||= best !== selection[i]
      selection[i] = best
    }
    if (!changed) break
  }
  return Object.fromEntries(graph.names.map((name, i) => [name, options[i]![selection[i]!]!.config]))
}

/** The start first, then what is on the step's frontier in any draw. */
function optionsOf(drawn: DrawnWorkflow, i: number, start: StepConfig): readonly Option[] {
  const found = new Set<number>()
  for (const { frontiers } of [drawn.present, ...drawn.draws]) for (const point of frontiers[i]!.point) found.add(point)
  const { space } = drawn.present.frontiers[i]!
  const configs = [...found].map((point) => configAt(space, point)).filter((config) => !sameConfig(config, start))
  return [start, ...thinned(configs)].map((config) => ({ config, ...pricedOption(drawn, i, config) }))
}

function thinned(configs: readonly StepConfig[]): readonly StepConfig[] {
  const most = MOST_CONFIGS - 1
  const sorted = configs.toSorted(
    (a, b) => a.memoryMB * a.instances - b.memoryMB * b.instances || a.processes - b.processes,
  )
  if (sorted.length <= most) return sorted
  return Array.from({ length: most }, (_, k) => sorted[Math.round((k * (sorted.length - 1)) / (most - 1))]!)
}

interface Search {
  readonly graph: Graph
  readonly options: readonly (readonly Option[])[]
  readonly selection: readonly number[]
  readonly draws: number
  readonly loss: (outcome: Outcome) => number
}

/** The configuration of step i with the least expected loss beside the others' present ones. */
function bestOf(search: Search, i: number): number {
  const { options, selection, draws, loss } = search
  const around = Array.from({ length: draws }, (_, b) => ({
    median: restOf(search, { i, b, level: "medianMs" }),
    percentile: restOf(search, { i, b, level: "percentileMs" }),
    costUsd: options.reduce((sum, each, j) => (j === i ? sum : sum + each[selection[j]!]!.costUsd[b]!), 0),
  }))
  let best = selection[i]!
  let least = Infinity
  for (const k of [best, ...options[i]!.keys()]) {
    const option = options[i]![k]!
    let total = 0
    for (let b = 0; b < draws; b++) {
      const rest = around[b]!
      total += loss({
        medianMs: endWith(rest.median, option.medianMs[b]!),
        percentileMs: endWith(rest.percentile, option.percentileMs[b]!),
        costUsd: rest.costUsd + option.costUsd[b]!,
      })
    }
    // The present one is first: equal ones do not replace it, and one that cannot run (NaN) replaces nothing.
    if (total < least * (1 - 1e-12)) [best, least] = [k, total]
  }
  return best
}

/** Longest path of a workflow as a function of one step's duration d: max(without, through + d). */
interface Rest {
  readonly without: number
  readonly through: number
}

function restOf(
  { graph, options, selection }: Search,
  { i, b, level }: { readonly i: number; readonly b: number; readonly level: "medianMs" | "percentileMs" },
): Rest {
  const durations = options.map((each, j) => (j === i ? 0 : each[selection[j]!]![level][b]!))
  const { length, start, tail } = schedule(graph, durations)
  return { without: length, through: start[i]! + tail[i]! }
}

function endWith({ without, through }: Rest, ms: number): number {
  return Math.max(without, through + ms)
}
