import { coldStarts, costOf, latencyOf, type SpacePoint } from "../../../estimation/compiled-space.ts"
import type { CompiledSpace } from "../../../estimation/estimator.ts"
import type { Distribution } from "../../../statistics/distribution.ts"
import { normalQuantile } from "../../../statistics/normal.ts"
import { constant, logNormal } from "../../../statistics/quantile-table.ts"
import { inRange, type StepConfig } from "../../../workflow/config.ts"
import type { PlatformLimits } from "../../../workflow/limits.ts"
import { gridLaw } from "./grid-law.ts"
import type { Sizes } from "./right-sizing.ts"

/** Time of a step in one configuration as a distribution, where more is known than the compiled space tells. */
export type LawOf = (step: string, config: StepConfig) => Distribution

/** A step's sizes with the best bundle of each. */
export interface BundledSizes extends Sizes {
  readonly configs: readonly StepConfig[]
}

/**
 * Every size at one count of instances, with its best bundle: workers of one instance are our processes, and of the
 * counts of the space the fastest is also the cheapest, as only time is billed. The slowest of several instances is
 * inside the estimates. Sizes that cannot run are left out.
 */
export function bundledSizes(space: CompiledSpace, limits: PlatformLimits, lawOf?: LawOf): BundledSizes {
  const cold = coldStarts(space.tasks, space.instances[0]!, 0)
  const points = space.memoryMB.flatMap((memoryMB, memoryIndex): SpacePoint[] => {
    if (!inRange(limits.memoryMB, memoryMB)) return []
    const bundles = space.processes.map((_, processIndex) => ({ memoryIndex, instanceIndex: 0, processIndex, cold }))
    const able = bundles.filter((point) => !Number.isNaN(latencyOf(space, point, "percentile")))
    const time = (point: SpacePoint): number => latencyOf(space, point, "mean")
    return able.length === 0 ? [] : [able.reduce((a, b) => (time(b) < time(a) ? b : a))]
  })
  const configs = points.map(({ memoryIndex, processIndex }) => ({
    memoryMB: space.memoryMB[memoryIndex]!,
    instances: space.instances[0]!,
    processes: space.processes[processIndex]!,
  }))
  return {
    configs,
    laws: points.map((point, i) => gridLaw(lawOf?.(space.step, configs[i]!) ?? lognormalAt(space, point))),
    costUsd: points.map((point) => costOf(space, point)),
  }
}

/** The lognormal law with the median and the percentile of a point; certain where they are equal. */
export function lognormalAt(space: CompiledSpace, point: SpacePoint): Distribution {
  const [median, percentile] = [latencyOf(space, point, "median"), latencyOf(space, point, "percentile")]
  const z = normalQuantile(space.percentile)
  const logSd = z > 0 ? Math.log(percentile / median) / z : 0
  return logSd > 1e-9 ? logNormal(median, logSd) : constant(median)
}
