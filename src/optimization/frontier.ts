import type { CompiledSpace } from "../estimation/estimator.ts"
import { inRange, type StepConfig } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { type Capacity, instancesWithin, wholeCapacity } from "./capacity.ts"
import { paretoOrder } from "./pareto.ts"

/**
 * The configurations of one step that are worth choosing: latency (ms, at the space's percentile) rises, cost (USD,
 * mean) strictly falls. `point[k]` names the configuration of entry k for `configAt`. Empty when none can run.
 */
export interface Frontier {
  readonly space: CompiledSpace
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  readonly point: Int32Array
}

export interface FrontierRequest {
  readonly space: CompiledSpace
  readonly limits: PlatformLimits
  /** What the step may use; the whole platform where absent. */
  readonly capacity?: Capacity
  /** The step needs more memory than this. */
  readonly memoryFloorMB?: number
  /** Idle warm instances per index of `space.memoryMB`; none where absent. */
  readonly warm?: ArrayLike<number>
}

/**
 * Enumerates the space within the limits and prunes it to the exact Pareto set: instances <= tasks and within the
 * capacity, memory above the floor, blocked configurations (NaN) out, no process beyond the useful ones. Where every
 * count of instances breaks a limit the smallest is taken: the platform queues the rest. About 1 ms for 61,056
 * configurations.
 */
export function frontierOf(request: FrontierRequest): Frontier {
  const found = enumerate(request, "within")
  const points = found.count > 0 ? found : enumerate(request, "smallest")
  const order = paretoOrder(points)
  const pick = (from: Float64Array): Float64Array => Float64Array.from(order, (i) => from[i]!)
  return {
    space: request.space,
    latencyMs: pick(points.latencyMs),
    costUsd: pick(points.costUsd),
    point: Int32Array.from(order, (i) => points.point[i]!),
  }
}

/** The configuration of a point, an index into [memory][instances][processes]. */
export function configAt(space: CompiledSpace, point: number): StepConfig {
  const perMemory = space.instances.length * space.processes.length
  const rest = point % perMemory
  return {
    memoryMB: space.memoryMB[Math.floor(point / perMemory)]!,
    instances: space.instances[Math.floor(rest / space.processes.length)]!,
    processes: space.processes[rest % space.processes.length]!,
  }
}

/** Index of the cheapest entry that takes at most `latencyMs`, -1 when none does. O(log size). */
export function cheapestWithin(frontier: Frontier, latencyMs: number): number {
  let low = 0
  let high = frontier.latencyMs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (frontier.latencyMs[middle]! <= latencyMs) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Index of the most cost-effective entry, StepConf eq. (13) read as argmin c*t. The frontier must not be empty. */
export function mostCostEffective(frontier: Frontier): number {
  let best = 0
  const product = (i: number): number => frontier.latencyMs[i]! * frontier.costUsd[i]!
  for (let i = 1; i < frontier.latencyMs.length; i++) if (product(i) < product(best)) best = i
  return best
}

interface Enumerated {
  readonly count: number
  readonly latencyMs: Float64Array
  readonly costUsd: Float64Array
  readonly rank: Int32Array
  readonly point: Int32Array
}

/** How many counts of instances of a memory size are tried: those within the limits, or just the smallest. */
type InstanceRule = "within" | "smallest"

function enumerate(request: FrontierRequest, rule: InstanceRule): Enumerated {
  const { space, limits } = request
  const size = space.memoryMB.length * space.instances.length * space.processes.length
  const out = {
    count: 0,
    latencyMs: new Float64Array(size),
    costUsd: new Float64Array(size),
    rank: new Int32Array(size),
    point: new Int32Array(size),
  }
  const capacity = request.capacity ?? wholeCapacity(limits)
  for (const [m, memoryMB] of space.memoryMB.entries()) {
    if (!inRange(limits.memoryMB, memoryMB) || memoryMB <= (request.memoryFloorMB ?? 0)) continue
    const most = Math.min(instancesWithin(limits, capacity, memoryMB), Math.max(1, space.tasks))
    for (const [p, instances] of space.instances.entries()) {
      if (rule === "within" ? instances > most : p > 0) break
      addProcesses(out, space, { m, p, warm: request.warm?.[m] ?? 0 })
    }
  }
  return out
}

interface Row {
  readonly m: number
  readonly p: number
  readonly warm: number
}

/** Adds the points of one (memory, instances) pair: everything that does not depend on q is hoisted. */
function addProcesses(out: Enumerated & { count: number }, space: CompiledSpace, { m, p, warm }: Row): void {
  const instances = space.instances[p]!
  const cold = Math.max(0, instances - warm)
  const n = space.tasksPerInstanceOf[p]!
  const transfer = m * space.tasksPerInstance.length + n
  const mapping = p * (space.instances.at(-1)! + 1) + cold
  const { mean } = space
  const latency = space.mappingDelayMs[mapping]! + space.downloadMs[transfer]! + space.uploadMs[transfer]!
  const billed = mean.downloadMs[transfer]! + mean.uploadMs[transfer]!
  const billedOnce = cold * space.initMs[m]! + (space.billMappingDelay ? instances * mean.mappingDelayMs[mapping]! : 0)
  const usdPerMs = ((space.memoryMB[m]! / 1024) * space.usdPerGbSecond) / 1000
  const usdFixed = instances * space.usdPerRequest + billedOnce * usdPerMs
  const useful = space.maxUsefulProcesses(space.memoryMB[m]!, space.tasksPerInstance[n]!)
  // Cold work last among equals: of two otherwise equal configurations the warm one is taken.
  const rank = cold * space.memoryMB.length + m
  for (let q = 0; q < space.processes.length; q++) {
    if (q > 0 && space.processes[q - 1]! >= useful) break
    const work = (m * space.processes.length + q) * space.tasksPerInstance.length + n
    const computeMs = space.computeMs[work]!
    if (Number.isNaN(computeMs)) continue
    out.latencyMs[out.count] = latency + computeMs
    out.costUsd[out.count] = usdFixed + instances * usdPerMs * (billed + mean.computeMs[work]!)
    out.rank[out.count] = rank * space.processes.length + q
    out.point[out.count] = (m * space.instances.length + p) * space.processes.length + q
    out.count++
  }
}
