import { type OpenSteps, pathWindows, stretched, type Windows } from "../../stepconf/sub-slos.ts"

/**
 * Algorithm 1's windows with release and deadline of every step worked out anew from what is open now: the heaviest
 * path first, its whole window shared out in proportion to the weights of eq. (14); every other path gets what its
 * ends leave, cut where an inner release or due is violated most. O(V (V + E)).
 */
export function recomputedWindows(steps: OpenSteps): Windows {
  return pathWindows({ ...steps, fastestMs: new Float64Array(steps.fastestMs.length) })
}

/**
 * The same, unless some step would get less than its fastest time or start before another has ended: then all get the
 * split that is always valid, the schedule of fastest times stretched to the deadline.
 */
export function repairedWindows(steps: OpenSteps): Windows {
  const windows = recomputedWindows(steps)
  return isValid(steps, windows) ? windows : stretched(steps)
}

function isValid({ graph, open, fastestMs, releaseMs, deadlineMs }: OpenSteps, { startMs, endMs }: Windows): boolean {
  const rounding = 1e-9 * deadlineMs
  return graph.parents.every((parents, i) => {
    if (!open[i]) return true
    const release = parents.reduce((at, p) => (open[p] ? Math.max(at, endMs[p]!) : at), releaseMs[i]!)
    if (startMs[i]! < release - rounding || endMs[i]! > deadlineMs + rounding) return false
    return endMs[i]! - startMs[i]! >= fastestMs[i]! - rounding
  })
}
