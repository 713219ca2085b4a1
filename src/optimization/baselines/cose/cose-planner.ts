import type { CompiledSpace } from "../../../estimation/estimator.ts"
import { type BaselinePlanner, baselinePlanner } from "../baseline-planner.ts"
import { everyMultiple, type FixedCounts, type Knobs, memoryOnly } from "../knobs.ts"
import {
  cheapestPredicted,
  configOfSize,
  type CoseSettings,
  measuredModel,
  type PredictedSizes,
  predictedSizes,
} from "./cose-choice.ts"

/** COSE's grid of memory sizes. */
const GRID_MB = 64

export function coseKnobs(counts: FixedCounts): Knobs {
  return { ...memoryOnly(counts), memoryMB: everyMultiple(GRID_MB) }
}

/**
 * COSE before a run: memory only; each step's time is a Gaussian process through a few measurements of the estimates'
 * means, and the plan is the cheapest by what it predicts. Predictions may be wrong both ways.
 */
export function cosePlanner(options: CoseSettings & FixedCounts = {}): BaselinePlanner {
  const curves = new WeakMap<CompiledSpace, PredictedSizes>()
  return baselinePlanner({
    name: "cose",
    knobs: coseKnobs(options),
    times: "mean",
    choose: ({ graph, problem, frontiers }, deadlineMs) => {
      const sizes = frontiers.map(({ space }) => {
        const found = curves.get(space) ?? predictedSizes(space, measuredModel(space, problem.limits, options))
        curves.set(space, found)
        return found
      })
      const selection = cheapestPredicted({ graph, curves: sizes }, deadlineMs)
      return Object.fromEntries(
        sizes.map(({ memoryMB }, i) => [graph.names[i]!, configOfSize(frontiers[i]!.space, memoryMB[selection[i]!]!)]),
      )
    },
  })
}
