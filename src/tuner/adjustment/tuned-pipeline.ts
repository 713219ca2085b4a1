import type { Graph } from "../../workflow/graph.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { paretoOrder } from "../../optimization/pareto.ts"
import type { Rates } from "../../estimation/compile.ts"
import { playedLength, type PlayedRuns, playedRuns, type RunSample } from "./run-samples.ts"
import type { StepFigures } from "./window-figures.ts"
import { positionOf, type SizeCurve } from "./size-curve.ts"

/** One size of a step with what it means for a run. */
export interface SizeOption {
  /** Index on the step's grid. */
  readonly position: number
  readonly memoryMB: number
  /** What a path sees of the step in a mean run, ms. */
  readonly latencyMs: number
  /** Of all its invocations in a mean run, USD. */
  readonly costUsd: number
  /** What its curve says of one invocation, ms; 0 where there is no curve. */
  readonly curveMs: number
}

/** A step and the sizes that it may take now. */
export interface TunedStep {
  readonly name: string
  /** What it has, whether or not it is a good choice. */
  readonly now: SizeOption
  /** Sizes worth choosing: latency rises and cost falls, both strictly. Those within reach that can run. */
  readonly options: readonly SizeOption[]
}

/** The pipeline as adjustment sees it, by step index of the graph. */
export interface TunedPipeline {
  readonly graph: Graph
  readonly steps: readonly TunedStep[]
  /** Runs that tell how long a run is at other sizes; null: the longest path of mean times does. */
  readonly played: PlayedRuns | null
}

/** How far sizes may go from those of the last plan. */
export interface Neighbourhood {
  /** Size of the last plan by step. */
  readonly centre: ReadonlyMap<string, number>
  /** Grid positions; Infinity: a new search. */
  readonly radius: number
}

export interface TunedPipelineOptions {
  readonly graph: Graph
  /** By step. */
  readonly figures: ReadonlyMap<string, StepFigures>
  readonly curves: ReadonlyMap<string, SizeCurve>
  /** Present size by step. */
  readonly sizes: ReadonlyMap<string, number>
  readonly neighbourhood: Neighbourhood
  /** Memory that the step must have by what was seen of it, MB; 0 where absent. */
  readonly floorMB: ReadonlyMap<string, number>
  readonly rates: Rates
  /** True where a step that only some runs have counts with its share (means); false with its whole time (percentiles). */
  readonly inExpectation: boolean
  /** Newest runs; none where absent. */
  readonly samples?: readonly RunSample[]
}

/** A step without a curve stays as it is: what is not known is not changed. */
export function tunedPipeline(options: TunedPipelineOptions): TunedPipeline {
  const { graph, samples = [] } = options
  return {
    graph,
    steps: graph.names.map((name) => tunedStep(name, options)),
    played: samples.length === 0 ? null : playedRuns(graph, samples),
  }
}

function tunedStep(name: string, options: TunedPipelineOptions): TunedStep {
  const figures = options.figures.get(name)!
  const size = options.sizes.get(name)!
  const curve = options.curves.get(name)
  if (curve === undefined) {
    const now = { position: 0, memoryMB: size, curveMs: 0, ...fixedOf(figures, size, options) }
    return { name, now, options: [now] }
  }
  const present = positionOf(curve, size)
  const optionAt = (position: number): SizeOption => {
    const memoryMB = curve.memoryMB[position]!
    const curveMs = curve.ms[position]!
    return { position, memoryMB, curveMs, ...effectOf(figures, { memoryMB, ms: figures.ratio * curveMs }, options) }
  }
  const { centre, radius } = options.neighbourhood
  const middle = positionOf(curve, centre.get(name) ?? size)
  const floorMB = options.floorMB.get(name) ?? 0
  const reachable = curve.memoryMB
    .map((_, position) => position)
    .filter((position) => Math.abs(position - middle) <= radius)
    .filter((position) => curve.memoryMB[position]! >= floorMB && curve.ms[position]! > 0)
    .map(optionAt)
  const now =
    curve.ms[present]! > 0
      ? optionAt(present)
      : {
          position: present,
          memoryMB: size,
          curveMs: figures.ownMs / figures.ratio,
          ...fixedOf(figures, size, options),
        }
  return { name, now, options: pareto(reachable.length > 0 ? reachable : [now]) }
}

function fixedOf(figures: StepFigures, memoryMB: number, options: TunedPipelineOptions) {
  return effectOf(figures, { memoryMB, ms: figures.ownMs }, options)
}

/** What a run sees of a step whose invocations take `ms` by themselves. */
function effectOf(
  figures: StepFigures,
  { memoryMB, ms }: { readonly memoryMB: number; readonly ms: number },
  { rates, inExpectation }: TunedPipelineOptions,
): { latencyMs: number; costUsd: number } {
  const { ownMs, pathMs, probability, invocations } = figures
  // Of one invocation its own time is a part of what the path sees; of several it stretches as a whole.
  const path = invocations > 1 ? pathMs * (ms / ownMs) : Math.max(0, pathMs - ownMs) + ms
  const billedMs = ms + figures.waitMs + figures.initMs
  const perInvocation = (billedMs / 1000) * (memoryMB / 1024) * rates.usdPerGbSecond + rates.usdPerRequest
  return {
    latencyMs: Math.max(1e-3, path * (inExpectation ? probability : 1)),
    costUsd: perInvocation * probability * invocations,
  }
}

function pareto(options: readonly SizeOption[]): readonly SizeOption[] {
  const latencyMs = Float64Array.from(options, (option) => option.latencyMs)
  const costUsd = Float64Array.from(options, (option) => option.costUsd)
  return Array.from(paretoOrder({ count: options.length, latencyMs, costUsd }), (i) => options[i]!)
}

/** An option of every step, by step index. */
export type Chosen = readonly SizeOption[]

export function presentOf({ steps }: TunedPipeline): Chosen {
  return steps.map(({ now }) => now)
}

/** How long a mean run is, ms: of the runs played again, or else the longest path. */
export function lengthOf({ graph, played }: TunedPipeline, chosen: Chosen): number {
  if (played !== null) return playedLength(graph, played, chosen)
  return schedule(
    graph,
    chosen.map(({ latencyMs }) => latencyMs),
  ).length
}

export function costOf(chosen: Chosen): number {
  return chosen.reduce((sum, { costUsd }) => sum + costUsd, 0)
}

export function replaced(chosen: Chosen, index: number, option: SizeOption): Chosen {
  return chosen.with(index, option)
}
