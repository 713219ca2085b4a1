import { type ConfigSpace, inRange, type Range, type StepConfig, valuesOf } from "../workflow/config.ts"
import { maxInstances, type PlatformLimits, vcpus } from "../workflow/limits.ts"

export interface ReferenceRequest {
  readonly space: ConfigSpace
  readonly limits: PlatformLimits
  readonly threads: "single" | "multi"
  /** Tasks of the whole step. */
  readonly tasks: number
}

/** Instances of the first whole run of a step: enough to see them start together. */
const MAX_INSTANCES = 8

/** Part of a limited platform that the run may fill: a full machine makes its times contended. */
const FILL = 0.6

/**
 * The configuration in which a step is run as a whole to get its output: fast, but no larger than useful. Code with
 * one thread gets about one vCPU per instance, or what lets two instances run at once; code with many the largest.
 */
export function referenceConfig({ space, limits, threads, tasks }: ReferenceRequest): StepConfig {
  const sizes = memoriesOf(space, limits)
  const most = Math.min(largest(space.instances), Math.max(1, tasks), MAX_INSTANCES)
  const whole = (memoryMB: number): StepConfig => ({
    memoryMB,
    instances: instancesUpTo(space, Math.min(most, instancesToFill(limits, memoryMB))),
    processes: space.processes.min,
  })
  if (threads === "multi") return whole(sizes.findLast((memoryMB) => fitsAlone(limits, memoryMB)) ?? sizes[0]!)
  const oneVcpu = sizes.find((memoryMB) => memoryMB >= limits.mbPerVcpu) ?? sizes.at(-1)!
  if (most === 1 || maxInstances(limits, oneVcpu) > 1) return whole(oneVcpu)
  return whole(sizes.findLast((memoryMB) => maxInstances(limits, memoryMB) > 1) ?? oneVcpu)
}

/** Sizes of a space that the platform has, ascending. */
export function memoriesOf(space: ConfigSpace, limits: PlatformLimits): number[] {
  const sizes = valuesOf(space.memoryMB)
  const allowed = sizes.filter((memoryMB) => inRange(limits.memoryMB, memoryMB))
  return allowed.length > 0 ? allowed : sizes
}

/** True for a size of which one instance is within the platform's vCPUs. */
export function fitsAlone(limits: PlatformLimits, memoryMB: number): boolean {
  return limits.vcpuTotal === null || vcpus(limits, memoryMB) <= limits.vcpuTotal
}

/** The largest count of instances in the space that is at most `most`; the smallest of the space at least. */
export function instancesUpTo({ instances }: ConfigSpace, most: number): number {
  return valuesOf(instances).findLast((count) => count <= most) ?? instances.min
}

/** The last value of a range. */
export function largest(range: Range): number {
  return valuesOf(range).at(-1) ?? range.min
}

/** Two where two fit, and no more than what fills the platform. */
function instancesToFill(limits: PlatformLimits, memoryMB: number): number {
  const all = maxInstances(limits, memoryMB)
  if (limits.vcpuTotal === null) return all
  return Math.max(Math.min(2, all), maxInstances({ ...limits, vcpuTotal: limits.vcpuTotal * FILL }, memoryMB))
}
