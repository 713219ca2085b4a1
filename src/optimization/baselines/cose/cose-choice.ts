import { seededRandom, seedOf } from "../../../base/random.ts"
import { coldStarts, latencyOf, usedInstances } from "../../../estimation/compiled-space.ts"
import type { CompiledSpace } from "../../../estimation/estimator.ts"
import { inRange, type StepConfig } from "../../../workflow/config.ts"
import type { PlatformLimits } from "../../../workflow/limits.ts"
import { searchCost } from "../../branch-and-bound/search-cost.ts"
import { paretoOrder } from "../../pareto.ts"
import type { CostCurve, SelectionProblem } from "../../selection-problem.ts"
import { type SizeModel, sizeModel } from "./size-model.ts"

/** COSE's integer program lists all paths; the exact search on the graph has the same optimum. */
const EXACT = { gap: 1e-9, maxNodes: 5000 }

export interface CoseSettings {
  /** Default 1. */
  readonly seed?: number
  /** Measurements of each step, at least 5; default 5. */
  readonly evaluations?: number
}

/** What a step may choose by its model: times and costs as predicted, one size each. */
export interface PredictedSizes extends CostCurve {
  readonly memoryMB: readonly number[]
}

/**
 * Models of steps whose space has one count of instances and of processes, each measured on the estimates: what a
 * measurement would find is the mean of the estimate.
 */
export function measuredModel(space: CompiledSpace, limits: PlatformLimits, settings: CoseSettings): SizeModel {
  const { seed = 1, evaluations = 5 } = settings
  const sizes = space.memoryMB.filter((memoryMB) => inRange(limits.memoryMB, memoryMB))
  const random = seededRandom(seedOf(`cose ${seed} ${space.step}`))
  const model = sizeModel({ sizes, evaluations, random, costUsd: (mb, ms) => costAt(space, mb, ms) })
  const cold = coldStarts(space.tasks, space.instances[0]!, 0)
  for (let memoryMB = model.ask(); memoryMB !== null; memoryMB = model.ask()) {
    const point = { memoryIndex: space.memoryMB.indexOf(memoryMB), instanceIndex: 0, processIndex: 0, cold }
    model.tell({ memoryMB, latencyMs: latencyOf(space, point, "mean") })
  }
  return model
}

/** Cost of a predicted time: every instance is billed for all of it. */
export function costAt(space: CompiledSpace, memoryMB: number, latencyMs: number): number {
  const instances = usedInstances(space.tasks, space.instances[0]!)
  return instances * ((latencyMs / 1000) * (memoryMB / 1024) * space.usdPerGbSecond + space.usdPerRequest)
}

/** The sizes above a floor that are worth choosing by a model's predictions. */
export function predictedSizes(space: CompiledSpace, model: SizeModel, floorMB = 0): PredictedSizes {
  const all = model.predicted()
  const above = all.filter(({ memoryMB }) => memoryMB > floorMB)
  const sizes = above.length > 0 ? above : all.slice(-1)
  const latencyMs = Float64Array.from(sizes, (size) => size.latencyMs)
  const costUsd = Float64Array.from(sizes, (size) => costAt(space, size.memoryMB, size.latencyMs))
  const order = paretoOrder({ count: sizes.length, latencyMs, costUsd })
  return {
    memoryMB: Array.from(order, (i) => sizes[i]!.memoryMB),
    latencyMs: Float64Array.from(order, (i) => latencyMs[i]!),
    costUsd: Float64Array.from(order, (i) => costUsd[i]!),
  }
}

/** The least predicted cost within the deadline; all at their predicted fastest where nothing is within it. */
export function cheapestPredicted(problem: SelectionProblem, deadlineMs: number): Int32Array {
  const found = deadlineMs > 0 ? searchCost(problem, deadlineMs, EXACT) : null
  return found?.selection ?? new Int32Array(problem.curves.length)
}

export function configOfSize(space: CompiledSpace, memoryMB: number): StepConfig {
  return { memoryMB, instances: space.instances[0]!, processes: space.processes[0]! }
}
