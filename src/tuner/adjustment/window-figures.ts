import type { StepSums } from "./step-sums.ts"

/** Means of one step, as predictions start from them. */
export interface StepFigures {
  /** How long it takes beside what its curve says: what the present content makes of it. */
  readonly ratio: number
  /** One invocation by itself, ms. */
  readonly ownMs: number
  /** What a path sees of it in a run that has it, ms. */
  readonly pathMs: number
  /** What one invocation waits for others, and what is billed for its start, ms. */
  readonly waitMs: number
  readonly initMs: number
  /** Share of the runs that have it. */
  readonly probability: number
  /** In a run that has it. */
  readonly invocations: number
}

/** Null of a step that was never seen to end well. */
export function figuresOf(sums: StepSums): StepFigures | null {
  const { runs, runsWithIt, invocations, ownMs, curveMs, pathMs, waitMs, initMs } = sums
  if (!(invocations > 0 && runsWithIt > 0 && ownMs > 0)) return null
  return {
    ratio: curveMs > 0 ? ownMs / curveMs : 1,
    ownMs: ownMs / invocations,
    pathMs: pathMs / runsWithIt,
    waitMs: waitMs / invocations,
    initMs: initMs / invocations,
    probability: runsWithIt / runs,
    invocations: Math.max(1, invocations / runsWithIt),
  }
}

/** Room above the largest memory seen. */
const PEAK_MARGIN = 1.1

/**
 * Memory that a step must have by what was seen of it, MB. Where it ran out once, the smallest size that it ended well
 * at: nobody feels for the edge with somebody's runs. Else room above its peak; that never asks for more than the size that it
 * ran at, which it did.
 */
export function floorOf({ peakMB, killedMB, leastMB }: StepSums, presentMB: number): number {
  if (killedMB > 0) return Math.max(killedMB + 1, leastMB)
  return Math.min(presentMB, Math.ceil(peakMB * PEAK_MARGIN))
}

/** Room above its peak at which a size that was never tried counts as large enough. */
const PROVEN_MARGIN = 1.25

/** False of a size that may turn out too small: nothing that was seen says that it is enough. */
export function isProvenSize({ peakMB, killedMB, leastMB }: StepSums, memoryMB: number): boolean {
  if (leastMB > 0 && memoryMB >= leastMB) return true
  return killedMB === 0 && peakMB > 0 && memoryMB >= PROVEN_MARGIN * peakMB
}
