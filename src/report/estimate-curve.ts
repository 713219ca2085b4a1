/** What a step would take and cost over memory, as data for the table and the figure. */
export interface EstimateCurve {
  readonly step: string
  readonly functionName: string
  readonly tasks: number
  readonly instances: number
  readonly processes: number
  /** Instances that are warm before the step. */
  readonly warm: number
  /** Level of `upperMs`, in (0, 1). */
  readonly percentile: number
  /** By memory, ascending. */
  readonly points: readonly EstimatePoint[]
  /** What was measured at this number of processes and tasks per instance, by memory. */
  readonly measured: readonly MeasuredSize[]
}

export interface EstimatePoint {
  readonly memoryMB: number
  readonly medianMs: number
  /** At the curve's percentile. */
  readonly upperMs: number
  /** P5 and P95. */
  readonly lowMs: number
  readonly highMs: number
  readonly meanCostUsd: number
  /** Mean -+ 1.645 sd, not below 0. */
  readonly lowCostUsd: number
  readonly highCostUsd: number
  readonly support: string
  /** Why it cannot run, if it cannot. */
  readonly blocked: string | null
}

/** Warm invocations of one instance at one size: their medians. */
export interface MeasuredSize {
  readonly memoryMB: number
  readonly medianMs: number
  readonly medianCostUsd: number
  readonly samples: number
  /** They are means of several runs each. */
  readonly means: boolean
}

/** Index of the least of the values among points that can run; -1 when none can. */
export function leastOf(points: readonly EstimatePoint[], value: (point: EstimatePoint) => number): number {
  let best = -1
  for (const [i, point] of points.entries()) {
    if (point.blocked === null && (best < 0 || value(point) < value(points[best]!))) best = i
  }
  return best
}
