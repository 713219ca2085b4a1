import type { Configs } from "../publishing/config-document.ts"
import type { WindowView } from "./decide.ts"
import { graphOfPipeline } from "./pipeline-graph.ts"
import {
  type Chosen,
  costOf,
  lengthOf,
  type Neighbourhood,
  presentOf,
  type TunedPipeline,
  tunedPipeline,
} from "./tuned-pipeline.ts"
import type { TunerState } from "./tuner-state.ts"
import { figuresOf, floorOf, type StepFigures } from "./window-figures.ts"

/** The pipeline as it stands, and the sizes that it may take. */
export interface Situation {
  readonly pipeline: TunedPipeline
  readonly present: Chosen
  readonly presentMs: number
  readonly presentUsd: number
  /** By step: times as long as now that it takes with the heaviest content seen lately; at least 1. */
  readonly heavier: readonly number[]
}

/** Sizes within `radius` positions of the last plan; null where no step has been seen to end well. */
export function situationOf(state: TunerState, view: WindowView, radius: number): Situation | null {
  const figures = new Map(
    Object.entries(state.sums).flatMap(([name, sums]): [string, StepFigures][] => {
      const found = figuresOf(sums)
      return found === null ? [] : [[name, found]]
    }),
  )
  const graph = graphOfPipeline(view.pipeline, (name) => figures.has(name))
  if (graph.names.length === 0) return null
  const sizeOf = (name: string): number =>
    state.configs[name]?.memoryMB ?? view.pipeline.steps.find((step) => step.name === name)!.memoryMB
  const sizes = new Map(graph.names.map((name) => [name, sizeOf(name)]))
  const neighbourhood: Neighbourhood = {
    centre: new Map(Object.entries(state.centre).map(([name, { memoryMB }]) => [name, memoryMB])),
    radius,
  }
  const pipeline = tunedPipeline({
    graph,
    figures,
    curves: view.curves,
    sizes,
    neighbourhood,
    floorMB: new Map(graph.names.map((name) => [name, floorOf(state.sums[name]!, sizes.get(name)!)])),
    rates: view.rates,
    inExpectation: view.goal.kind === "latency",
    samples: state.samples,
  })
  const present = presentOf(pipeline)
  const heavier = graph.names.map((name) =>
    Math.max(1, (state.heaviest[name] ?? 0) / Math.max(1e-9, figures.get(name)!.ratio)),
  )
  return { pipeline, present, presentMs: lengthOf(pipeline, present), presentUsd: costOf(present), heavier }
}

/** What a run would cost at these sizes if the heaviest content came back, USD. */
export function heavyCost({ heavier }: Situation, chosen: Chosen): number {
  return chosen.reduce((sum, { costUsd }, i) => sum + costUsd * heavier[i]!, 0)
}

/** The chosen sizes as configurations; instances and processes stay. Steps that were not seen keep what they have. */
export function configsOf(state: TunerState, { pipeline }: Situation, chosen: Chosen): Configs {
  const changed = pipeline.steps.map(({ name }, i) => {
    const { instances = 1, processes = 1 } = state.configs[name] ?? {}
    return [name, { memoryMB: chosen[i]!.memoryMB, instances, processes }] as const
  })
  return { ...state.configs, ...Object.fromEntries(changed) }
}
