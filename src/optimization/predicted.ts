import { coldStarts, costOf, latencyOf, partsOf, pointOf, type SpacePoint } from "../estimation/compiled-space.ts"
import type { CompiledSpace } from "../estimation/estimator.ts"
import { TrimtabError } from "../base/errors.ts"
import { formatConfig, type StepConfig } from "../workflow/config.ts"
import type { PredictedStep } from "./policy.ts"

/** What a step takes and costs in one configuration, with `warm` idle instances of its size. */
export function predictedOf(space: CompiledSpace, config: StepConfig, warm: number): PredictedStep {
  const cold = coldStarts(space.tasks, config.instances, warm)
  const point = spacePoint(space, config, cold)
  return {
    latencyMs: latencyOf(space, point, "median"),
    ...partsOf(space, point, "median"),
    percentileMs: latencyOf(space, point, "percentile"),
    costUsd: costOf(space, point),
    coldStarts: cold,
    ...(cold > 0 ? { mappingDelayPercentileMs: partsOf(space, point, "percentile").mappingDelayMs } : {}),
    ...(space.stretch === undefined ? {} : { stretch: cold > 0 ? space.stretch.cold : space.stretch.warm }),
  }
}

/** Latency with a share of the way from median to percentile, ms; NaN where the configuration cannot run. */
export function latencyWith(space: CompiledSpace, config: StepConfig, margin: number): number {
  const point = spacePoint(space, config, coldStarts(space.tasks, config.instances, 0))
  const median = latencyOf(space, point, "median")
  return median + margin * (latencyOf(space, point, "percentile") - median)
}

function spacePoint(space: CompiledSpace, config: StepConfig, cold: number): SpacePoint {
  const point = pointOf(space, config, cold)
  if (point !== undefined) return point
  throw new TrimtabError("usage", `step ${space.step}: ${formatConfig(config)} is not in its configuration space`, {
    where: space.step,
    fix: "choose a configuration inside configSpace, or widen it",
  })
}
