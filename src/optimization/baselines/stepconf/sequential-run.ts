import type { Graph } from "../../../workflow/graph.ts"
import { cheapestWithin, mostCostEffective } from "../../frontier.ts"
import type { SelectionProblem } from "../../selection-problem.ts"
import type { OpenSteps } from "../../stepconf/sub-slos.ts"
import { initialCache, type PairCache, remember, visitStep } from "./cached-pairs.ts"
import { recomputedWindows, repairedWindows } from "./repaired-windows.ts"

/**
 * `published`: sub-graphs and deadlines as Algorithm 1 stores them, windows worked out anew only for sub-graphs that it
 * does not cover. `repaired`: windows worked out anew before every step, valid ones always.
 */
export type StepConfPreset = "published" | "repaired"

/** Rounding of sums of latencies. */
const TOLERANCE = 1 + 1e-9

/**
 * Algorithm 1 offline (StepConf section 7, RQ 5): steps are decided in the order in which they start, each ends as
 * predicted, and takes the cheapest entry within its sub-SLO, the fastest where none fits. `repaired` keeps a deadline
 * that can be kept; `published` may miss it. Weights by step index, those of eq. (13) read as argmin c*t where absent.
 */
export function sequentialRun(
  { graph, curves }: SelectionProblem,
  deadlineMs: number,
  preset: StepConfPreset,
  weightMs: Float64Array = costEffectiveTimes(curves),
): Int32Array {
  const n = graph.names.length
  const steps = {
    graph,
    open: new Uint8Array(n).fill(1),
    fastestMs: Float64Array.from(curves, (curve) => curve.latencyMs[0]!),
    weightMs,
    releaseMs: new Float64Array(n),
    deadlineMs,
  }
  const cache = initialCache(graph, deadlineMs)
  const selection = new Int32Array(n)
  for (let step = nextReady(steps); step !== -1; step = nextReady(steps)) {
    const nowMs = steps.releaseMs[step]!
    const finishMs =
      preset === "repaired"
        ? repairedWindows(atInstant(steps, nowMs)).endMs[step]!
        : publishedFinish(atInstant(steps, nowMs), cache, { step, nowMs })
    const { latencyMs } = curves[step]!
    selection[step] = Math.max(0, cheapestWithin(curves[step]!, (finishMs - nowMs) * TOLERANCE))
    steps.open[step] = 0
    for (const child of graph.children[step]!)
      steps.releaseMs[child] = Math.max(steps.releaseMs[child]!, nowMs + latencyMs[selection[step]!]!)
  }
  return selection
}

function costEffectiveTimes(curves: SelectionProblem["curves"]): Float64Array {
  return Float64Array.from(curves, (curve) => curve.latencyMs[mostCostEffective(curve)]!)
}

/** Latest finish of a step that is reached now, ms; what Algorithm 1 stores on the way goes into the cache. */
export function publishedFinish(
  steps: OpenSteps,
  cache: PairCache,
  { step, nowMs }: { readonly step: number; readonly nowMs: number },
): number {
  const pair = cache.get(step)
  if (pair === undefined) return recomputedWindows(steps).endMs[step]!
  const { subSloMs, stored } = visitStep(steps.graph, pair, { step, nowMs, weightMs: steps.weightMs })
  remember(steps.graph, cache, stored)
  return nowMs + subSloMs[0]!
}

/** Nothing that is still open can start before now. */
function atInstant(steps: OpenSteps, nowMs: number): OpenSteps {
  return { ...steps, releaseMs: steps.releaseMs.map((ms) => Math.max(ms, nowMs)) }
}

/** Of the open steps whose parents are decided the one that starts first; -1 when all are decided. */
function nextReady({ graph, open, releaseMs }: { graph: Graph; open: Uint8Array; releaseMs: Float64Array }): number {
  let next = -1
  for (let i = 0; i < open.length; i++) {
    if (!open[i] || graph.parents[i]!.some((parent) => open[parent])) continue
    if (next === -1 || releaseMs[i]! < releaseMs[next]!) next = i
  }
  return next
}
