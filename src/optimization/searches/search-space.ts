import { coldStarts, latencyOf, pointOf } from "../../estimation/compiled-space.ts"
import type { CompiledSpace } from "../../estimation/estimator.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { StepConfig } from "../../workflow/config.ts"
import type { Graph } from "../../workflow/graph.ts"
import type { Capacity } from "../capacity.ts"
import { widths } from "../concurrency.ts"
import { type Enumerated, enumerateSpace } from "../enumerate.ts"
import { configAt, type Frontier } from "../frontier.ts"
import { paretoOrder } from "../pareto.ts"
import type { Problem } from "../planner.ts"
import { runnable, spaceOf, staticShares, type StepChoices, stepChoices, usefulCapacity } from "../step-choices.ts"

/** What a search may turn. A number fixes the knob at the nearest count that the space has. */
export interface Knobs {
  readonly instances: "free" | number
  readonly processes: "free" | number
}

/** Memory alone: ConfigNavigator and Aquatope. */
export const MEMORY_ONLY: Knobs = { instances: 1, processes: 1 }
/** Memory and instances: Charmseeker and Jolteon. */
export const MEMORY_AND_INSTANCES: Knobs = { instances: "free", processes: 1 }

/** The configurations of one step that can run, as a search sees them: it does not know what they take. */
export interface StepOptions {
  readonly configs: readonly StepConfig[]
  /** By option: log2 memory and log2 instances (and processes), each in [0, 1]; knobs with one value left out. */
  readonly inputs: readonly (readonly number[])[]
}

/** Options with their estimates. */
export interface EstimatedOptions extends StepOptions {
  /** By option: median with the step's margin towards the percentile. */
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  /** Median and sd of the logarithm of a lognormal law with the same percentile. */
  readonly medianMs: Float64Array
  readonly logSd: Float64Array
}

/** A problem within the knobs of a search. */
export interface SearchSpace {
  readonly graph: Graph
  readonly steps: readonly EstimatedOptions[]
  /** Frontiers of the same options, to price plans with. */
  readonly choices: StepChoices
}

/**
 * The problem within the knobs: margins, shares of the platform and blocked configurations as for every planner.
 * @throws TrimtabError `goal-unreachable` when a step has no configuration that can run.
 */
export function searchSpace(problem: Problem, knobs: Knobs): SearchSpace {
  const all = stepChoices(problem)
  const { graph, margins } = all
  const shares = staticShares(problem.workflow, widths(graph), problem.limits)
  const enumerated = graph.names.map((name, i) => {
    const space = spaceOf(problem, name)
    return restricted(enumerateStep(problem, { space, share: shares[i]!, margin: margins[i]! }), space, knobs)
  })
  return {
    graph,
    steps: enumerated.map(({ space, points }) => estimatedOptions(space, points)),
    choices: { ...all, frontiers: enumerated.map(({ space, points }) => frontier(space, points)) },
  }
}

interface StepRequest {
  readonly space: CompiledSpace
  readonly share: Capacity
  readonly margin: number
}

function enumerateStep(problem: Problem, { space, share, margin }: StepRequest): Enumerated {
  const capacity = usefulCapacity(space, share)
  const request = { space, limits: problem.limits, margin, ...(capacity === null ? {} : { capacity }) }
  const found = enumerateSpace(request, "within")
  return found.count > 0 ? found : enumerateSpace(request, "smallest")
}

type Points = Pick<Enumerated, "count" | "latencyMs" | "costUsd" | "point">

/** Of each size the counts that the knobs leave. */
function restricted(all: Enumerated, space: CompiledSpace, knobs: Knobs): { space: CompiledSpace; points: Points } {
  const kept = new Map<string, { index: number; instances: number; processes: number }>()
  for (let index = 0; index < all.count; index++) {
    const { memoryMB, instances, processes } = configAt(space, all.point[index]!)
    const key = [memoryMB, knobs.instances === "free" ? instances : 0, knobs.processes === "free" ? processes : 0]
    const held = kept.get(key.join("/"))
    const better =
      held === undefined ||
      nearer(knobs.instances, instances, held.instances) ||
      (instances === held.instances && nearer(knobs.processes, processes, held.processes))
    if (better) kept.set(key.join("/"), { index, instances, processes })
  }
  const indices = [...kept.values()].map(({ index }) => index)
  const pick = (from: Float64Array): Float64Array => Float64Array.from(indices, (i) => from[i]!)
  return {
    space,
    points: {
      count: indices.length,
      latencyMs: pick(all.latencyMs),
      costUsd: pick(all.costUsd),
      point: Int32Array.from(indices, (i) => all.point[i]!),
    },
  }
}

function nearer(knob: "free" | number, count: number, held: number): boolean {
  return knob !== "free" && Math.abs(count - knob) < Math.abs(held - knob)
}

function frontier(space: CompiledSpace, points: Points): Frontier {
  const order = paretoOrder(points)
  return runnable({
    space,
    latencyMs: Float64Array.from(order, (i) => points.latencyMs[i]!),
    costUsd: Float64Array.from(order, (i) => points.costUsd[i]!),
    point: Int32Array.from(order, (i) => points.point[i]!),
  })
}

function estimatedOptions(space: CompiledSpace, points: Points): EstimatedOptions {
  const configs = Array.from(points.point, (point) => configAt(space, point))
  const medianMs = new Float64Array(configs.length)
  const logSd = new Float64Array(configs.length)
  const score = normalQuantile(space.percentile)
  for (const [k, config] of configs.entries()) {
    const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!
    medianMs[k] = latencyOf(space, point, "median")
    const ratio = latencyOf(space, point, "percentile") / medianMs[k]
    logSd[k] = score > 0 && ratio > 1 ? Math.log(ratio) / score : 0
  }
  return { configs, inputs: inputsOf(configs), latencyMs: points.latencyMs, costUsd: points.costUsd, medianMs, logSd }
}

function inputsOf(configs: readonly StepConfig[]): number[][] {
  const axes = (["memoryMB", "instances", "processes"] as const).flatMap((knob) => {
    const values = configs.map((config) => Math.log2(config[knob]))
    const low = values.reduce((least, value) => Math.min(least, value), Infinity)
    const high = values.reduce((most, value) => Math.max(most, value), -Infinity)
    return high > low ? [values.map((value) => (value - low) / (high - low))] : []
  })
  return configs.map((_, k) => axes.map((axis) => axis[k]!))
}
