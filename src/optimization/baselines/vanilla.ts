import { cheapestWithin, mostCostEffective } from "../frontier.ts"
import type { SelectionProblem } from "../selection-problem.ts"
import { type BaselinePlanner, baselinePlanner, selecting } from "./baseline-planner.ts"
import { type FixedCounts, memoryOnly } from "./knobs.ts"
import { recomputedWindows } from "./stepconf/repaired-windows.ts"

/** Rounding of sums of latencies. */
const TOLERANCE = 1 + 1e-9

/**
 * Vanilla, the base of StepConf's evaluation (after Lin and Khazaei's critical-path method): memory only, mean times,
 * the deadline split once along recursive critical paths, the cheapest size within each part, the largest fast one
 * where none fits. May miss deadlines that can be met.
 */
export function vanillaPlanner(options: FixedCounts = {}): BaselinePlanner {
  return baselinePlanner({
    name: "vanilla",
    knobs: memoryOnly(options),
    times: "mean",
    choose: selecting(oneShotSplit),
  })
}

/** The cheapest entry within each step's sub-SLO, all sub-SLOs worked out at once before the run. */
export function oneShotSplit({ graph, curves }: SelectionProblem, deadlineMs: number): Int32Array {
  const n = curves.length
  const { startMs, endMs } = recomputedWindows({
    graph,
    open: new Uint8Array(n).fill(1),
    fastestMs: new Float64Array(n),
    weightMs: Float64Array.from(curves, (curve) => curve.latencyMs[mostCostEffective(curve)]!),
    releaseMs: new Float64Array(n),
    deadlineMs,
  })
  return Int32Array.from(curves, (curve, i) =>
    Math.max(0, cheapestWithin(curve, (endMs[i]! - startMs[i]!) * TOLERANCE)),
  )
}
