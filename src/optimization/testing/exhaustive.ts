import { schedule } from "../../workflow/critical-path.ts"
import type { Graph } from "../../workflow/graph.ts"
import type { CostCurve } from "../selection-problem.ts"

/** The best selection of a small problem, found by trying all that could be it. */
export interface Optimum {
  readonly selection: Int32Array
  readonly costUsd: number
  readonly latencyMs: number
}

/** One relative tolerance, as every planner has it. */
const TOLERANCE = 1 + 1e-9

interface Choosing {
  readonly graph: Graph
  /** `frontiers` of step choices are curves too. */
  readonly curves: readonly CostCurve[]
}

/** Least cost within a deadline by enumeration of all entries, the faster among equals; null when nothing is in time. */
export function cheapestByEnumeration(choosing: Choosing, deadlineMs: number): Optimum | null {
  return enumerate(choosing, (found, best) => {
    if (found.latencyMs > deadlineMs * TOLERANCE) return false
    return best === null || found.costUsd < best.costUsd
  })
}

/** Least latency within a budget by enumeration; null when nothing is within it. */
export function fastestByEnumeration(choosing: Choosing, budgetUsd: number): Optimum | null {
  return enumerate(choosing, (found, best) => {
    if (found.costUsd > budgetUsd * TOLERANCE) return false
    return best === null || found.latencyMs < best.latencyMs
  })
}

function enumerate(
  { graph, curves }: Choosing,
  isBetter: (found: Omit<Optimum, "selection">, best: Optimum | null) => boolean,
): Optimum | null {
  const durations = new Float64Array(curves.length)
  const selection = new Int32Array(curves.length)
  let best: Optimum | null = null
  const visit = (i: number, costUsd: number): void => {
    if (i === curves.length) {
      const found = { costUsd, latencyMs: schedule(graph, durations).length }
      if (isBetter(found, best)) best = { ...found, selection: Int32Array.from(selection) }
      return
    }
    for (let k = 0; k < curves[i]!.latencyMs.length; k++) {
      selection[i] = k
      durations[i] = curves[i]!.latencyMs[k]!
      visit(i + 1, costUsd + curves[i]!.costUsd[k]!)
    }
  }
  visit(0, 0)
  return best
}
