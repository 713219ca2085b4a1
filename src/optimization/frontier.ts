import type { CompiledSpace } from "../estimation/estimator.ts"
import type { StepConfig } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Capacity } from "./capacity.ts"
import { entryBuffers, type EntryBuffers, enumerateSpace, sizeOf } from "./enumerate.ts"
import { paretoOrder } from "./pareto.ts"

/**
 * The configurations of one step that are worth choosing: latency (ms, median plus `margin` of the way to the space's
 * percentile) rises, cost (USD, mean) strictly falls. `point[k]` names the configuration of entry k for `configAt`.
 * Empty when none can run.
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
  /** Share of the distance from the median to the percentile that counts as latency; 1 where absent. */
  readonly margin?: number
}

/**
 * Enumerates the space within the limits and prunes it to the exact Pareto set: instances <= tasks and within the
 * capacity, memory above the floor, blocked configurations (NaN) out, no process beyond the useful ones. Where every
 * count of instances breaks a limit the smallest is taken: the platform queues the rest. About 1 ms for 61,056
 * configurations.
 */
export function frontierOf(request: FrontierRequest): Frontier {
  const into = buffersFor(sizeOf(request.space))
  const found = enumerateSpace(request, "within", into)
  const points = found.count > 0 ? found : enumerateSpace(request, "smallest", into)
  const order = paretoOrder(points)
  const [latencyMs, costUsd] = [new Float64Array(order.length), new Float64Array(order.length)]
  const point = new Int32Array(order.length)
  for (let k = 0; k < order.length; k++) {
    latencyMs[k] = points.latencyMs[order[k]!]!
    costUsd[k] = points.costUsd[order[k]!]!
    point[k] = points.point[order[k]!]!
  }
  return { space: request.space, latencyMs, costUsd, point }
}

let buffers = entryBuffers(0)

/** The buffers of the call before, where they are large enough: clearing new ones takes as long as half of the work. */
function buffersFor(size: number): EntryBuffers {
  if (buffers.point.length < size) buffers = entryBuffers(size)
  return buffers
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
export function cheapestWithin(frontier: Pick<Frontier, "latencyMs">, latencyMs: number): number {
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
export function mostCostEffective(frontier: Pick<Frontier, "latencyMs" | "costUsd">): number {
  let best = 0
  const product = (i: number): number => frontier.latencyMs[i]! * frontier.costUsd[i]!
  for (let i = 1; i < frontier.latencyMs.length; i++) if (product(i) < product(best)) best = i
  return best
}
