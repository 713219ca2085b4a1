import { cheapestWithin } from "../frontier.ts"
import { reclaim } from "../reclaim.ts"
import type { SelectionProblem } from "../selection-problem.ts"
import { reclaimBySweeps } from "./reclaim-by-sweeps.ts"

/** A deadline is kept by what ends this much later, relative. */
const TOLERANCE = 1e-9

/** From so many steps on moves are made by the sweep: a sweep for each move would take O(V^2). */
const SWEEPS_ABOVE = 200

/**
 * The cheapest entry of each whole curve (not of its hull) within the step's window. It keeps every deadline that the
 * windows keep as a schedule: what a window may be exceeded by for rounding sums to less than half the tolerance on
 * any path. A window below the fastest time takes the fastest entry. O(V log entries).
 */
export function roundDown({ curves }: SelectionProblem, windowsMs: Float64Array): Int32Array {
  const most = windowsMs.reduce((longest, window) => Math.max(longest, window), 0)
  const everywhere = ((TOLERANCE / 4) * most) / curves.length
  return Int32Array.from(curves, (curve, i) =>
    Math.max(0, cheapestWithin(curve, windowsMs[i]! * (1 + TOLERANCE / 4) + everywhere)),
  )
}

/**
 * Spends the slack of a selection: never raises its cost, never breaks a deadline that it keeps, and finds nothing
 * more on its own result. Greedy by saving up to 200 steps, by sweeps of O(V + E) above.
 */
export function reclaimSlack(problem: SelectionProblem, selection: Int32Array, deadlineMs: number): Int32Array {
  const latestMs = deadlineMs * (1 + TOLERANCE)
  return problem.curves.length <= SWEEPS_ABOVE
    ? reclaim({ graph: problem.graph, frontiers: problem.curves }, selection, latestMs)
    : reclaimBySweeps(problem, selection, latestMs)
}
