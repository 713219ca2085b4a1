import { TrimtabError } from "../base/errors.ts"
import type { CompiledSpace } from "../estimation/estimator.ts"
import { type Graph, graphOf } from "../workflow/graph.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { type Capacity, shareOf, wholeCapacity } from "./capacity.ts"
import { widths } from "./concurrency.ts"
import type { Frontier } from "./frontier.ts"
import { type FrontierCache, frontierCache } from "./frontier-cache.ts"
import { margins } from "./margins.ts"
import type { Problem } from "./planner.ts"
import type { PlatformLimits } from "../workflow/limits.ts"

/** A problem as planners work on it: by step index, each step's space reduced to its frontier. */
export interface StepChoices {
  readonly problem: Problem
  readonly graph: Graph
  readonly margins: Float64Array
  readonly frontiers: readonly Frontier[]
}

/**
 * The frontiers of all steps before a run: nothing warm, and every step limited to its share of the platform, so
 * that steps that may run at once never queue (capacity.ts).
 * @throws TrimtabError `goal-unreachable` when a step has no configuration that can run.
 */
export function stepChoices(problem: Problem, cache: FrontierCache = frontierCache()): StepChoices {
  const { graph, width } = shapeOf(problem.workflow)
  const margin = margins(graph, width, new Uint8Array(graph.names.length).fill(1))
  const shares = staticShares(problem.workflow, width, problem.limits)
  const frontiers = graph.names.map((name, i) => {
    const space = spaceOf(problem, name)
    const capacity = usefulCapacity(space, shares[i]!)
    return runnable(
      cache.get({ space, limits: problem.limits, margin: margin[i]!, ...(capacity === null ? {} : { capacity }) }),
    )
  })
  return { problem, graph, margins: margin, frontiers }
}

interface Shape {
  readonly graph: Graph
  readonly width: Int32Array
}

const shapes = new WeakMap<Workflow, Shape>()

/** Graph and widths of a workflow, worked out once: widths are cubic. */
function shapeOf(workflow: Workflow): Shape {
  const known = shapes.get(workflow)
  if (known !== undefined) return known
  const graph = graphOf(workflow)
  const shape = { graph, width: widths(graph) }
  shapes.set(workflow, shape)
  return shape
}

/** Each step's equal part of the platform among the steps that may run beside it. */
export function staticShares(workflow: Workflow, width: Int32Array, limits: PlatformLimits): Capacity[] {
  const whole = wholeCapacity(limits)
  const most = workflow.steps.reduce((sum, step) => sum + step.configSpace.instances.max, 0)
  // Without a limit that can bind there is nothing to share.
  if (whole.vcpus === Infinity && most <= whole.instances) return workflow.steps.map(() => whole)
  return Array.from(width, (steps) => shareOf(whole, 1 / steps))
}

/** The capacity, or null where no configuration of the space could exceed it: fewer different frontiers. */
export function usefulCapacity(space: CompiledSpace, capacity: Capacity): Capacity | null {
  return capacity.vcpus === Infinity && capacity.instances >= space.instances.at(-1)! ? null : capacity
}

/** The frontier itself, or an error when it is empty. */
export function runnable(frontier: Frontier): Frontier {
  if (frontier.point.length > 0) return frontier
  const { space } = frontier
  throw new TrimtabError("goal-unreachable", `step ${space.step}: no configuration in its space can run`, {
    where: space.step,
    fix: `allow more than ${space.memoryMB.at(-1) ?? 0} MB in its configSpace, or a longer timeout`,
  })
}

/** The compiled space of a step, which the problem must have. */
export function spaceOf(problem: Problem, name: string): CompiledSpace {
  const space = problem.spaces.get(name)
  if (space === undefined) throw new Error(`the problem has no compiled space for step ${name}`)
  return space
}
