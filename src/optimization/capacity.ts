import type { StepConfig } from "../workflow/config.ts"
import { maxInstances, type PlatformLimits, vcpus } from "../workflow/limits.ts"

/**
 * What a step may use of the platform at one moment.
 *
 * A platform with a vCPU limit queues what does not fit, and estimates know no queue. So steps that may run at the
 * same time get disjoint shares:
 * C1. a step that is decided never gets more than what running steps leave free, minus the shares of the other
 *     ready steps;
 * C2. where no configuration of a step fits its share, it takes the smallest count of instances at any size: the
 *     platform queues it, or runs an oversized instance alone;
 * C3. a step frees its share only when it ends, so that its children find at least as much as it had.
 */
export interface Capacity {
  /** Infinity where the platform has no such limit. */
  readonly vcpus: number
  readonly instances: number
}

/** Relative room for rounding of vCPU sums. */
const EPS = 1e-9

/** Everything the platform has. */
export function wholeCapacity(limits: PlatformLimits): Capacity {
  const { account, keepFree } = limits.concurrency
  return { vcpus: limits.vcpuTotal ?? Infinity, instances: Math.max(1, account - keepFree) }
}

/** What a configuration occupies while it runs. */
export function usage(limits: PlatformLimits, config: StepConfig): Capacity {
  return { vcpus: config.instances * vcpus(limits, config.memoryMB), instances: config.instances }
}

/** What is left of `capacity` beside `used`, never negative. */
export function minus(capacity: Capacity, used: Capacity): Capacity {
  return {
    vcpus: capacity.vcpus === Infinity ? Infinity : Math.max(0, capacity.vcpus - used.vcpus),
    instances: Math.max(0, capacity.instances - used.instances),
  }
}

/** A part of it; whole instances, at least one. */
export function shareOf(capacity: Capacity, share: number): Capacity {
  return {
    vcpus: capacity.vcpus === Infinity ? Infinity : capacity.vcpus * share,
    instances: Math.max(1, Math.floor(capacity.instances * share + EPS)),
  }
}

/** True when `used` fits into `capacity`. */
export function fits(capacity: Capacity, used: Capacity): boolean {
  return used.vcpus <= capacity.vcpus * (1 + EPS) && used.instances <= capacity.instances
}

/** The most instances of a size that fit, 0 when not even one does; on the whole platform at least one always runs. */
export function instancesWithin(limits: PlatformLimits, capacity: Capacity, memoryMB: number): number {
  const most = Math.min(maxInstances(limits, memoryMB), capacity.instances)
  if (capacity.vcpus >= (limits.vcpuTotal ?? Infinity) * (1 - EPS)) return most
  return Math.min(most, Math.floor(capacity.vcpus / vcpus(limits, memoryMB) + EPS))
}
