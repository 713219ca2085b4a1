import { ROUND_UP_MS, usedInstances } from "../estimation/compiled-space.ts"
import type { CompiledSpace } from "../estimation/estimator.ts"
import { inRange } from "../workflow/config.ts"
import { instancesWithin, wholeCapacity } from "./capacity.ts"
import type { FrontierRequest } from "./frontier.ts"

/** Every configuration that may run, as parallel arrays of which the first `count` entries are used. */
export interface Enumerated {
  count: number
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  /** Index into [memory][instances][processes]. */
  readonly point: Int32Array
  /** Order among equals, by entry: fewer cold starts first, then less memory, then fewer processes. */
  readonly rankOf: (entry: number) => number
}

/** Which counts of instances of a memory size are tried: those within the limits, or just the smallest. */
export type InstanceRule = "within" | "smallest"

/** Room for the entries of an enumeration, to be used again by the next one. */
export interface EntryBuffers {
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  readonly point: Int32Array
}

export function entryBuffers(size: number): EntryBuffers {
  return { latencyMs: new Float64Array(size), costUsd: new Float64Array(size), point: new Int32Array(size) }
}

/** Configurations of a space, those that cannot run among them. */
export function sizeOf({ memoryMB, instances, processes }: CompiledSpace): number {
  return memoryMB.length * instances.length * processes.length
}

/**
 * Latency and cost of the whole space: the formulas of `latencyOf` and `costOf` with everything hoisted that does not
 * depend on the inner loop, which is a square root and a few additions per point.
 */
export function enumerateSpace(
  request: FrontierRequest,
  rule: InstanceRule,
  into: EntryBuffers = entryBuffers(sizeOf(request.space)),
): Enumerated {
  const { space, limits } = request
  const out = { count: 0, ...into, rankOf: rankOf(request, into.point) }
  const capacity = request.capacity ?? wholeCapacity(limits)
  const margin = request.margin ?? 1
  for (const [m, memoryMB] of space.memoryMB.entries()) {
    if (!inRange(limits.memoryMB, memoryMB) || memoryMB <= (request.memoryFloorMB ?? 0)) continue
    const most =
      rule === "within"
        ? Math.min(instancesWithin(limits, capacity, memoryMB), Math.max(1, space.tasks))
        : space.instances[0]!
    addSize(out, space, { m, most, warm: Math.max(0, request.warm?.[m] ?? 0), margin })
  }
  return out
}

function rankOf({ space, warm }: FrontierRequest, point: Int32Array): (entry: number) => number {
  const { instances, processes, memoryMB, tasks } = space
  return (entry) => {
    const q = point[entry]! % processes.length
    const row = (point[entry]! - q) / processes.length
    const p = row % instances.length
    const m = (row - p) / instances.length
    const cold = Math.max(0, usedInstances(tasks, instances[p]!) - Math.max(0, warm?.[m] ?? 0))
    return (cold * memoryMB.length + m) * processes.length + q
  }
}

interface Size {
  readonly m: number
  /** Most instances. */
  readonly most: number
  readonly warm: number
  readonly margin: number
}

const square = (x: number): number => x * Math.abs(x)

/** Adds the points of one memory size, for each count of instances one per useful count of processes. */
function addSize(out: Enumerated, space: CompiledSpace, { m, most, warm, margin }: Size): void {
  const { median, mean, processes, instances } = space
  const { latencyMs, costUsd, point } = out
  const counts = space.tasksPerInstance.length
  const usdPerMs = ((space.memoryMB[m]! / 1024) * space.usdPerGbSecond) / 1000
  let useful = -1
  let n = -1
  let { count } = out
  for (let p = 0; p < instances.length && instances[p]! <= most; p++) {
    const used = usedInstances(space.tasks, instances[p]!)
    const cold = Math.max(0, used - warm)
    if (n !== space.tasksPerInstanceOf[p]!) {
      n = space.tasksPerInstanceOf[p]!
      useful = usefulProcesses(space, m, n)
    }
    // Mapping delay, download and upload do not depend on the processes.
    const wait = p * (instances.at(-1)! + 1) + cold
    const transfer = m * counts + n
    const extraMs = cold > 0 ? (space.coldExtraMs?.[m] ?? 0) : 0
    const baseMs = median.mappingDelayMs[wait]! + median.downloadMs[transfer]! + median.uploadMs[transfer]! + extraMs
    const squares =
      square(space.mappingDelayMs[wait]! - median.mappingDelayMs[wait]!) +
      square(space.downloadMs[transfer]! - median.downloadMs[transfer]!) +
      square(space.uploadMs[transfer]! - median.uploadMs[transfer]!)
    const less = space.billMappingDelay ? 0 : instancesWithLess(space, used, n)
    const full = space.billMappingDelay ? instances[p]! : used - less
    const meanMs = mean.mappingDelayMs[wait]! + mean.downloadMs[transfer]! + mean.uploadMs[transfer]! + extraMs
    const fixedUsd = space.billMappingDelay
      ? full * (meanMs * usdPerMs + space.usdPerRequest)
      : billedTransferMs(space, { m, n, full, less, cold }) * usdPerMs + used * space.usdPerRequest
    const row = (m * instances.length + p) * processes.length
    for (let q = 0; q <= useful; q++) {
      const work = (m * processes.length + q) * counts + n
      const typical = median.computeMs[work]!
      const spread = space.computeMs[work]! - typical
      if (Number.isNaN(spread)) continue
      const sum = squares + square(spread)
      const billedMs = full * mean.computeMs[work]! + (less > 0 ? less * mean.computeMs[work - 1]! : 0)
      latencyMs[count] = baseMs + typical + margin * (sum < 0 ? -Math.sqrt(-sum) : Math.sqrt(sum))
      costUsd[count] = fixedUsd + usdPerMs * billedMs
      point[count++] = row + q
    }
  }
  out.count = count
}

/** Index of the last count of processes that makes anything faster. */
function usefulProcesses(space: CompiledSpace, m: number, n: number): number {
  const { processes } = space
  const most = space.maxUsefulProcesses(space.memoryMB[m]!, space.tasksPerInstance[n]!)
  let q = 0
  while (q + 1 < processes.length && processes[q]! < most) q++
  return q
}

/** Instances that get one task less than the others. */
function instancesWithLess({ tasks, tasksPerInstance }: CompiledSpace, used: number, n: number): number {
  const most = tasksPerInstance[n]!
  const uneven = n > 0 && tasksPerInstance[n - 1] === most - 1
  return uneven ? used - Math.min(used, Math.max(0, tasks - used * (most - 1))) : 0
}

interface Billed {
  readonly m: number
  readonly n: number
  readonly full: number
  readonly less: number
  readonly cold: number
}

/** Transfers, rounding and inits of all instances, ms. */
function billedTransferMs(space: CompiledSpace, { m, n, full, less, cold }: Billed): number {
  const { downloadMs, uploadMs } = space.mean
  const at = m * space.tasksPerInstance.length + n
  const transferMs = full * (downloadMs[at]! + uploadMs[at]! + ROUND_UP_MS)
  const lessMs = less > 0 ? less * (downloadMs[at - 1]! + uploadMs[at - 1]! + ROUND_UP_MS) : 0
  return transferMs + lessMs + cold * space.initMs[m]!
}
