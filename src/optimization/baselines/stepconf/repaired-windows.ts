import { blend, type OpenSteps, pathWindows, stretched, type Windows } from "../../stepconf/sub-slos.ts"

/**
 * Algorithm 1's windows with release and deadline of every step worked out anew from what is open now: the heaviest
 * path first, its whole window shared out in proportion to the weights of eq. (14); every other path gets what its
 * ends leave, cut where an inner release or due is violated most. O(V (V + E)).
 */
export function recomputedWindows(steps: OpenSteps): Windows {
  return pathWindows({ ...steps, fastestMs: new Float64Array(steps.fastestMs.length) })
}

/**
 * The same, made valid: where some step would get less than its fastest time, or start before another has ended, all
 * windows are moved as far as it takes towards the split that is always valid, the schedule of fastest times stretched
 * to the deadline. Our own windows differ in what they share out: only what is left above the fastest times.
 */
export function repairedWindows(steps: OpenSteps): Windows {
  return blend(steps, recomputedWindows(steps), stretched(steps))
}
