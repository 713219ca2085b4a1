import { coldStarts, partsOf, pointOf } from "../../estimation/compiled-space.ts"
import type { CompiledSpace } from "../../estimation/estimator.ts"
import type { Random } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { StepConfig } from "../../workflow/config.ts"
import type { StageObservation } from "./stage-model.ts"

export interface ProfileOptions {
  readonly mbPerVcpu: number
  /** Runs of every profiled configuration. */
  readonly runs: number
  readonly random: Random
}

/** Values of a knob that are profiled: as in the published profiles, 6 sizes and 4 counts. */
const MOST_SIZES = 6
const MOST_COUNTS = 4

/**
 * What a campaign over a grid of sizes and instance counts would observe of a step, drawn from the estimates: each part
 * lognormal with its median and its percentile. Times in ms.
 */
export function profileOf(
  space: CompiledSpace,
  configs: readonly StepConfig[],
  { mbPerVcpu, runs, random }: ProfileOptions,
): StageObservation[] {
  const sizes = new Set(spread(distinct(configs.map((config) => config.memoryMB)), MOST_SIZES))
  const counts = new Set(spread(distinct(configs.map((config) => config.instances)), MOST_COUNTS))
  const design = configs.filter(({ memoryMB, instances }) => sizes.has(memoryMB) && counts.has(instances))
  return design.flatMap((config) => Array.from({ length: runs }, () => observe(space, config, { mbPerVcpu, random })))
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}

/** `count` of ascending values, evenly by rank of their logarithm, both ends among them. */
function spread(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values]
  const [low, high] = [values[0]!, values.at(-1)!]
  return Array.from({ length: count }, (_, i) => {
    const goal = low * (high / low) ** (i / (count - 1))
    return values.reduce((best, value) => (Math.abs(value - goal) < Math.abs(best - goal) ? value : best))
  })
}

function observe(
  space: CompiledSpace,
  config: StepConfig,
  { mbPerVcpu, random }: { readonly mbPerVcpu: number; readonly random: Random },
): StageObservation {
  const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!
  const [median, high] = [partsOf(space, point, "median"), partsOf(space, point, "percentile")]
  const score = normalQuantile(space.percentile)
  const draw = (part: keyof typeof median): number => {
    const sd = score > 0 && high[part] > median[part] ? Math.log(high[part] / median[part]) / score : 0
    return median[part] * Math.exp(sd * normalQuantile(0.5 / 2 ** 52 + random.next()))
  }
  return {
    d: config.instances,
    k: config.memoryMB / mbPerVcpu,
    cold: draw("mappingDelayMs"),
    read: draw("downloadMs"),
    compute: draw("computeMs"),
    write: draw("uploadMs"),
  }
}
