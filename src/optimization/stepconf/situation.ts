import { coldStarts, latencyOf, pointOf } from "../../estimation/compiled-space.ts"
import type { CompiledSpace, Estimator } from "../../estimation/estimator.ts"
import type { StepConfig } from "../../workflow/config.ts"
import { type Graph, graphOf } from "../../workflow/graph.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import { stepOf, type Workflow } from "../../workflow/workflow.ts"
import { type Capacity, minus, shareOf, usage, wholeCapacity } from "../capacity.ts"
import { compiledSpaces } from "../compiled-spaces.ts"
import { widths } from "../concurrency.ts"
import { configAt, type Frontier, mostCostEffective } from "../frontier.ts"
import type { FrontierCache } from "../frontier-cache.ts"
import { margins } from "../margins.ts"
import type { RunView } from "../policy.ts"
import { runnable, staticShares, usefulCapacity } from "../step-choices.ts"
import { type Decided, expectedSpaceOf } from "../uncertainty/expected-problem.ts"
import type { OpenChoices } from "./selection.ts"

/** Where a policy gets its numbers from. */
export interface Source {
  readonly limits: PlatformLimits
  readonly frontiers: FrontierCache
  spaceOf(view: RunView, step: string): CompiledSpace
}

/** Spaces of a run's steps: those that only the run decides about count in expectation until they are ready. */
export function runSpaces(estimator: Estimator): Source["spaceOf"] {
  const spaces = compiledSpaces(estimator)
  return (view, step) => {
    const space = spaces.get(stepOf(view.workflow, step), view)
    const waits = !view.finished.has(step) && !view.running.has(step) && !view.ready.includes(step)
    return waits ? expectedSpaceOf(view.workflow, decidedOf(view), space) : space
  }
}

const decidedIn = new WeakMap<RunView, Decided>()

/** Conditional steps that run, have run or are about to, and those that were left out. */
function decidedOf(view: RunView): Decided {
  const known = decidedIn.get(view)
  if (known !== undefined) return known
  const { workflow, finished, running, ready } = view
  const decided = new Map<string, boolean>()
  decidedIn.set(view, decided)
  for (const { name, when } of workflow.steps) {
    if (when === undefined) continue
    const ended = finished.get(name)
    if (ended !== undefined) decided.set(name, ended.config.instances > 0)
    else if (running.has(name) || ready.includes(name)) decided.set(name, true)
  }
  return decided
}

/** Works out what is open, when it may start and what each step can choose from; margins are scaled by `caution`. */
export function situationOf(source: Source, view: RunView, caution: number): OpenChoices {
  const { graph, width, shares } = shapeOf(view.workflow, source.limits)
  const open = Uint8Array.from(graph.names, (name) => (view.finished.has(name) || view.running.has(name) ? 0 : 1))
  const margin = margins(graph, width, open).map((value) => value * caution)
  const frontier = (i: number, capacity: Capacity): Frontier =>
    frontierFor(source, view, { step: graph.names[i]!, capacity, margin: margin[i]! })
  const frontiers = graph.names.map((_, i) => (open[i] ? frontier(i, shares[i]!) : undefined))
  for (const [i, capacity] of readyShares(source, view, { graph, frontiers })) frontiers[i] = frontier(i, capacity)
  const times = (entry: (frontier: Frontier) => number): Float64Array =>
    Float64Array.from(frontiers, (found) => (found === undefined ? 0 : found.latencyMs[entry(found)]!))
  return {
    graph,
    open,
    frontiers,
    fastestMs: times(() => 0),
    weightMs: times(mostCostEffective),
    releaseMs: releases(source, view, graph),
    deadlineMs: Infinity,
  }
}

interface FrontierOptions {
  readonly step: string
  readonly capacity: Capacity
  readonly margin: number
}

function frontierFor(source: Source, view: RunView, { step, capacity, margin }: FrontierOptions): Frontier {
  const space = source.spaceOf(view, step)
  const functionName = view.workflow.steps.find((candidate) => candidate.name === step)!.function
  const useful = usefulCapacity(space, capacity)
  const request = {
    space,
    limits: source.limits,
    margin,
    warm: space.memoryMB.map((memoryMB) => view.warm(functionName, memoryMB)),
    memoryFloorMB: view.memoryFloorMB.get(step) ?? 0,
    ...(useful === null ? {} : { capacity: useful }),
  }
  return runnable(source.frontiers.get(request))
}

/**
 * What each ready step may use: running steps keep theirs, the rest is shared in proportion to work, which is time
 * times instances times vCPUs at the most cost-effective configuration (C1 of capacity.ts).
 */
function readyShares(
  { limits }: Source,
  view: RunView,
  { graph, frontiers }: { graph: Graph; frontiers: readonly (Frontier | undefined)[] },
): [number, Capacity][] {
  const whole = wholeCapacity(limits)
  let free = whole
  for (const { config } of view.running.values()) free = minus(free, usage(limits, config))
  const ready = view.ready.map((name) => graph.indexOf.get(name)!)
  const work = ready.map((i) => {
    const { space, latencyMs, point } = frontiers[i]!
    const best = mostCostEffective(frontiers[i]!)
    const used = usage(limits, configAt(space, point[best]!))
    return latencyMs[best]! * (whole.vcpus === Infinity ? used.instances : used.vcpus)
  })
  const total = work.reduce((sum, value) => sum + value, 0)
  return ready.map((i, k) => [i, ready.length === 1 ? free : shareOf(free, total > 0 ? work[k]! / total : 1)])
}

/** Earliest starts: now, or when the running parents are expected to end. */
function releases(source: Source, view: RunView, graph: Graph): Float64Array {
  return Float64Array.from(graph.parents, (parents) =>
    parents.reduce((at, parent) => {
      const name = graph.names[parent]!
      const running = view.running.get(name)
      if (running === undefined) return at
      const typicalMs = medianOf(source.spaceOf(view, name), running.config)
      return typicalMs === null ? at : Math.max(at, running.startedAtMs + typicalMs)
    }, view.nowMs),
  )
}

/** Null for a configuration that the space does not know or holds for impossible: then only the clock tells. */
function medianOf(space: CompiledSpace, config: StepConfig): number | null {
  const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))
  const median = point === undefined ? NaN : latencyOf(space, point, "median")
  return Number.isNaN(median) ? null : median
}

interface Shape {
  readonly graph: Graph
  readonly width: Int32Array
  readonly shares: readonly Capacity[]
}

const shapes = new WeakMap<Workflow, Map<PlatformLimits, Shape>>()

/** The graph and the static shares of a workflow, worked out once. */
function shapeOf(workflow: Workflow, limits: PlatformLimits): Shape {
  const known = shapes.get(workflow) ?? new Map<PlatformLimits, Shape>()
  shapes.set(workflow, known)
  const found = known.get(limits)
  if (found !== undefined) return found
  const graph = graphOf(workflow)
  const width = widths(graph)
  const shape = { graph, width, shares: staticShares(workflow, width, limits) }
  known.set(limits, shape)
  return shape
}
