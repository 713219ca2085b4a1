import { formatMs } from "../../../base/format.ts"
import type { CompiledSpace, Estimator } from "../../../estimation/estimator.ts"
import { type Graph, graphOf } from "../../../workflow/graph.ts"
import type { PlatformLimits } from "../../../workflow/limits.ts"
import { stepOf } from "../../../workflow/workflow.ts"
import { compiledSpaces } from "../../compiled-spaces.ts"
import type { Policy, RunView } from "../../policy.ts"
import type { CostCurve } from "../../selection-problem.ts"
import { deadlineOf, decisionOf, firstReady } from "../decision.ts"
import { type FixedCounts, restrictSpace } from "../knobs.ts"
import {
  cheapestPredicted,
  configOfSize,
  type CoseSettings,
  measuredModel,
  type PredictedSizes,
  predictedSizes,
} from "./cose-choice.ts"
import { coseKnobs } from "./cose-planner.ts"
import type { SizeModel, SizeSample } from "./size-model.ts"

export interface CosePolicyOptions extends CoseSettings, FixedCounts {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
}

/** COSE learns from runs: tell it what steps took. Between two tellings it decides equal views alike. */
export interface CosePolicy extends Policy {
  /** Told of a run that has ended, not while it goes on. */
  tell(view: RunView, step: string, sample: SizeSample): void
}

/** COSE online: before each step the cheapest sizes by its models for what is left of the run; memory only. */
export function cosePolicy(options: CosePolicyOptions): CosePolicy {
  const spaces = compiledSpaces(options.estimator)
  const known = new WeakMap<CompiledSpace, { readonly space: CompiledSpace; readonly model: SizeModel }>()
  const modelOf = (view: RunView, step: string): { readonly space: CompiledSpace; readonly model: SizeModel } => {
    const whole = spaces.get(stepOf(view.workflow, step), view)
    const found = known.get(whole)
    if (found !== undefined) return found
    const space = restrictSpace(whole, coseKnobs(options))
    const made = { space, model: measuredModel(space, options.limits, options) }
    known.set(whole, made)
    return made
  }
  const sizesOf = (view: RunView, step: string): PredictedSizes => {
    const { space, model } = modelOf(view, step)
    return predictedSizes(space, model, view.memoryFloorMB.get(step))
  }
  return {
    name: "cose",
    tell: (view, step, sample) => modelOf(view, step).model.tell(sample),
    decide: (view) => {
      const name = firstReady(view)
      const sloMs = deadlineOf(view, "cose")
      const graph = graphOf(view.workflow)
      const expectedMs = (step: string, memoryMB: number): number =>
        modelOf(view, step)
          .model.predicted()
          .find((size) => size.memoryMB === memoryMB)?.latencyMs ?? 0
      const curves = graph.names.map((step, i) => decidedCurve(view, graph, { i, expectedMs }) ?? sizesOf(view, step))
      const entry = cheapestPredicted({ graph, curves: afterNow(view, graph, curves) }, sloMs)[
        graph.indexOf.get(name)!
      ]!
      const sizes = sizesOf(view, name)
      const { space } = modelOf(view, name)
      const takesMs = sizes.latencyMs[entry]!
      return decisionOf(view, spaces.get(stepOf(view.workflow, name), view), {
        config: configOfSize(space, sizes.memoryMB[entry]!),
        latestFinishMs: view.nowMs + takesMs,
        infeasible: view.nowMs + takesMs > sloMs,
        reason: `cheapest plan for what is left: ${formatMs(takesMs)} by COSE's model`,
      })
    },
  }
}

/** A step that has its configuration as a single choice: from the end of its parents to its own end, ms; null if open. */
function decidedCurve(
  view: RunView,
  graph: Graph,
  { i, expectedMs }: { readonly i: number; readonly expectedMs: (step: string, memoryMB: number) => number },
): CostCurve | null {
  const name = graph.names[i]!
  const running = view.running.get(name)
  const endMs =
    running === undefined
      ? view.finished.get(name)?.endedAtMs
      : Math.max(view.nowMs, running.startedAtMs + expectedMs(name, running.config.memoryMB))
  if (endMs === undefined) return null
  return { latencyMs: Float64Array.of(Math.max(1e-6, endMs - readyAt(view, graph, i))), costUsd: new Float64Array(1) }
}

/** When the last parent ended, ms; the run's start without parents. */
function readyAt(view: RunView, graph: Graph, i: number): number {
  return graph.parents[i]!.reduce((at, p) => Math.max(at, view.finished.get(graph.names[p]!)?.endedAtMs ?? 0), 0)
}

/** Steps that could have started already take that much longer. */
function afterNow(view: RunView, graph: Graph, curves: readonly CostCurve[]): CostCurve[] {
  return curves.map((curve, i) => {
    const name = graph.names[i]!
    if (view.finished.has(name) || view.running.has(name)) return curve
    if (!graph.parents[i]!.every((p) => view.finished.has(graph.names[p]!))) return curve
    const waitedMs = Math.max(0, view.nowMs - readyAt(view, graph, i))
    return { latencyMs: curve.latencyMs.map((ms) => ms + waitedMs), costUsd: curve.costUsd }
  })
}
