import { type Random, seededRandom, seedOf } from "../../src/base/random.ts"
import type { CostCurve, SelectionProblem } from "../../src/optimization/selection-problem.ts"
import { schedule } from "../../src/workflow/critical-path.ts"
import type { Graph } from "../../src/workflow/graph.ts"
import { type Axes, curveOf, drawLaw, EVEN_LOAD, type Load, MEDIUM_AXES } from "./generator.ts"
import * as graphs from "./graphs.ts"
import { drawMemoryLaw, memoryCurve } from "./memory-stairs.ts"

/** A kind of workflow; one of its graphs may need chance. */
export interface Family {
  readonly name: string
  readonly steps: number
  graph(random: Random): Graph
}

const fixed = (name: string, graph: Graph): Family => ({ name, steps: graph.names.length, graph: () => graph })
const drawn = (name: string, steps: number, graph: Family["graph"]): Family => ({ name, steps, graph })

export const ML: Family = fixed("ml", graphs.ML)
export const VP: Family = fixed("vp", graphs.VP)
export const DAG16: Family = fixed("dag16", graphs.DAG16)

/** The workflows of StepConf's evaluation. */
export const STEPCONF_FAMILIES: readonly Family[] = [ML, VP, DAG16]

/** The pipelines of ConfigNavigator's evaluation; their steps choose memory only. */
export const NAVIGATOR_FAMILIES: readonly Family[] = [
  fixed("face-detection", graphs.FACE_DETECTION),
  fixed("face-beautification", graphs.FACE_BEAUTIFICATION),
  fixed("autoclip", graphs.AUTOCLIP),
]

export const random = (steps: number): Family =>
  drawn(`random-${steps}`, steps, (chance) => graphs.randomGraph(chance, steps))
export const ladder = (steps: number): Family => drawn(`ladder-${steps}`, steps, () => graphs.ladder(steps))
export const chain = (steps: number): Family => drawn(`chain-${steps}`, steps, () => graphs.chain(steps))
export const mapReduce = (steps: number): Family =>
  drawn(`map-reduce-${steps}`, steps, () => graphs.mapReduce(steps - 3))
export const layered = (layers: number, width: number): Family =>
  drawn(`layered-${layers}x${width}`, layers * width, (chance) => graphs.layered(chance, layers, width))

/** One workflow of a family with steps of its own. */
export interface Instance extends SelectionProblem {
  readonly family: string
  readonly seed: number
  /** Longest path with every step at its fastest, and at its cheapest; ms. */
  readonly fastestMs: number
  readonly slowestMs: number
}

export interface InstanceOptions {
  readonly axes?: Axes
  readonly load?: Load
  /** Different steps; the others repeat them in turn. All are different where absent. */
  readonly differentSteps?: number
}

/** An instance for the cost goal: the same seed gives the same one everywhere. */
export function instanceOf(family: Family, seed: number, options: InstanceOptions = {}): Instance {
  const chance = chanceOf(family, seed)
  const graph = family.graph(chance)
  const { axes = MEDIUM_AXES, load = EVEN_LOAD, differentSteps = Infinity } = options
  const drawn = Array.from({ length: Math.min(differentSteps, graph.names.length) }, () =>
    curveOf(drawLaw(chance, load), axes),
  )
  return withRange(
    graph,
    graph.names.map((_, i) => drawn[i % drawn.length]!),
    { family: family.name, seed },
  )
}

/** An instance for the latency goal: 32 sizes of memory, times in stairs. */
export function memoryInstanceOf(family: Family, seed: number): Instance {
  const chance = chanceOf(family, seed)
  const graph = family.graph(chance)
  return withRange(
    graph,
    graph.names.map(() => memoryCurve(drawMemoryLaw(chance))),
    { family: family.name, seed },
  )
}

/** The random numbers behind an instance: first its graph, then its steps in order. */
export function chanceOf(family: Family, seed: number): Random {
  return seededRandom(seedOf(`${family.name} ${seed}`))
}

function withRange(
  graph: Graph,
  curves: readonly CostCurve[],
  of: { readonly family: string; readonly seed: number },
): Instance {
  const fastestMs = schedule(
    graph,
    curves.map((curve) => curve.latencyMs[0]!),
  ).length
  const slowestMs = schedule(
    graph,
    curves.map((curve) => curve.latencyMs.at(-1)!),
  ).length
  return { ...of, graph, curves, fastestMs, slowestMs }
}

/** Deadlines as multiples of the fastest time. */
export const SLO_FACTORS: readonly number[] = [1.05, 1.2, 1.5, 2, 3, 5]

/** Above this share of the slowest time the cheapest plan is nearly always the answer. */
const MOST_OF_SLOWEST = 0.98

/** The deadline at a multiple of the fastest time, below the slowest, ms. */
export function sloOf(instance: Instance, factor: number): number {
  return Math.min(factor * instance.fastestMs, MOST_OF_SLOWEST * instance.slowestMs)
}

/** Budget at a share above the cheapest cost, USD. */
export function budgetOf(instance: SelectionProblem, above: number): number {
  return (1 + above) * instance.curves.reduce((sum, curve) => sum + curve.costUsd.at(-1)!, 0)
}
