import { coldStarts, costOf, partsOf, pointOf } from "../../estimation/compiled-space.ts"
import { constant, logNormal } from "../../statistics/quantile-table.ts"
import type { Problem } from "../planner.ts"
import type { EstimateOf } from "../uncertainty/candidates.ts"

/** Estimates at the medians of a problem's spaces, for their own counts of tasks, with lognormal noise on every part. */
export function syntheticEstimates({ spaces }: Problem, logSd: number = 0.1): EstimateOf {
  return (step, config) => {
    const space = spaces.get(step)!
    const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!
    const { mappingDelayMs, downloadMs, computeMs, uploadMs } = partsOf(space, point, "median")
    const time = (ms: number): ReturnType<typeof constant> => (logSd > 0 ? logNormal(ms, logSd) : constant(ms))
    return {
      latencyMs: time(mappingDelayMs + downloadMs + computeMs + uploadMs),
      parts: {
        mappingDelay: time(mappingDelayMs),
        download: time(downloadMs),
        compute: time(computeMs),
        upload: time(uploadMs),
      },
      billedMs: { mean: 0, p95: 0 },
      costUsd: { mean: costOf(space, point), sd: 0 },
      modelVersion: "synthetic",
      support: "measured",
    }
  }
}
