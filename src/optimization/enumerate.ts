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
  /** Order among equals: fewer cold starts first, then less memory, then fewer processes. */
  readonly rank: Int32Array
  /** Index into [memory][instances][processes]. */
  readonly point: Int32Array
}

/** Which counts of instances of a memory size are tried: those within the limits, or just the smallest. */
export type InstanceRule = "within" | "smallest"

/**
 * Latency and cost of the whole space: the formulas of `latencyOf` and `costOf` with everything hoisted that does not
 * depend on the inner loop, which is a square root and a few additions per point.
 */
export function enumerateSpace(request: FrontierRequest, rule: InstanceRule): Enumerated {
  const { space, limits } = request
  const size = space.memoryMB.length * space.instances.length * space.processes.length
  const out: Enumerated = {
    count: 0,
    latencyMs: new Float64Array(size),
    costUsd: new Float64Array(size),
    rank: new Int32Array(size),
    point: new Int32Array(size),
  }
  const capacity = request.capacity ?? wholeCapacity(limits)
  const margin = request.margin ?? 1
  for (const [m, memoryMB] of space.memoryMB.entries()) {
    if (!inRange(limits.memoryMB, memoryMB) || memoryMB <= (request.memoryFloorMB ?? 0)) continue
    const most = Math.min(instancesWithin(limits, capacity, memoryMB), Math.max(1, space.tasks))
    for (const [p, instances] of space.instances.entries()) {
      if (rule === "within" ? instances > most : p > 0) break
      addProcesses(out, space, { m, p, warm: request.warm?.[m] ?? 0, margin })
    }
  }
  return out
}

interface Row {
  readonly m: number
  readonly p: number
  readonly warm: number
  readonly margin: number
}

/** Adds the points of one (memory, instances) pair, one per useful count of processes. */
function addProcesses(out: Enumerated, space: CompiledSpace, row: Row): void {
  const { m, p } = row
  const used = usedInstances(space.tasks, space.instances[p]!)
  const cold = Math.max(0, used - Math.max(0, row.warm))
  const n = space.tasksPerInstanceOf[p]!
  const before = waitAndTransfer(space, row, cold)
  const bill = billOf(space, row, { used, cold, base: before.meanMs })
  const useful = space.maxUsefulProcesses(space.memoryMB[m]!, space.tasksPerInstance[n]!)
  const rank = cold * space.memoryMB.length + m
  const { median, mean, processes } = space
  for (let q = 0; q < processes.length; q++) {
    if (q > 0 && processes[q - 1]! >= useful) break
    const work = (m * processes.length + q) * space.tasksPerInstance.length + n
    const typical = median.computeMs[work]!
    const spread = space.computeMs[work]! - typical
    if (Number.isNaN(spread)) continue
    const squares = before.squares + spread * Math.abs(spread)
    const computeMs = bill.full * mean.computeMs[work]! + (bill.less > 0 ? bill.less * mean.computeMs[work - 1]! : 0)
    out.latencyMs[out.count] =
      before.medianMs + typical + row.margin * Math.sign(squares) * Math.sqrt(Math.abs(squares))
    out.costUsd[out.count] = bill.fixedUsd + bill.usdPerMs * computeMs
    out.rank[out.count] = rank * processes.length + q
    out.point[out.count] = (m * space.instances.length + p) * processes.length + q
    out.count++
  }
}

interface WaitAndTransfer {
  readonly medianMs: number
  readonly meanMs: number
  /** Signed squares of the distances to the percentile, summed. */
  readonly squares: number
}

/** Mapping delay, download and upload: everything that does not depend on the processes. */
function waitAndTransfer(space: CompiledSpace, { m, p }: Row, cold: number): WaitAndTransfer {
  const mapping = p * (space.instances.at(-1)! + 1) + cold
  const transfer = m * space.tasksPerInstance.length + space.tasksPerInstanceOf[p]!
  const { median, mean } = space
  const extra = cold > 0 ? (space.coldExtraMs?.[m] ?? 0) : 0
  const square = (x: number): number => x * Math.abs(x)
  return {
    medianMs: median.mappingDelayMs[mapping]! + median.downloadMs[transfer]! + median.uploadMs[transfer]! + extra,
    meanMs: mean.mappingDelayMs[mapping]! + mean.downloadMs[transfer]! + mean.uploadMs[transfer]! + extra,
    squares:
      square(space.mappingDelayMs[mapping]! - median.mappingDelayMs[mapping]!) +
      square(space.downloadMs[transfer]! - median.downloadMs[transfer]!) +
      square(space.uploadMs[transfer]! - median.uploadMs[transfer]!),
  }
}

interface Bill {
  readonly usdPerMs: number
  /** Everything but compute. */
  readonly fixedUsd: number
  /** Instances with the most tasks, and those with one less. */
  readonly full: number
  readonly less: number
}

function billOf(
  space: CompiledSpace,
  { m, p }: Row,
  { used, cold, base }: { used: number; cold: number; base: number },
): Bill {
  const usdPerMs = ((space.memoryMB[m]! / 1024) * space.usdPerGbSecond) / 1000
  const instances = space.instances[p]!
  if (space.billMappingDelay)
    return { usdPerMs, fixedUsd: instances * (base * usdPerMs + space.usdPerRequest), full: instances, less: 0 }
  const most = space.tasksPerInstanceOf[p]!
  const n = space.tasksPerInstance[most]!
  const uneven = most > 0 && space.tasksPerInstance[most - 1] === n - 1
  const full = uneven ? Math.min(used, Math.max(0, space.tasks - used * (n - 1))) : used
  const less = used - full
  const counts = space.tasksPerInstance.length
  const transferMs = (tasks: number): number =>
    space.mean.downloadMs[m * counts + tasks]! + space.mean.uploadMs[m * counts + tasks]! + ROUND_UP_MS
  const billedMs = full * transferMs(most) + (less > 0 ? less * transferMs(most - 1) : 0) + cold * space.initMs[m]!
  return { usdPerMs, fixedUsd: billedMs * usdPerMs + used * space.usdPerRequest, full, less }
}
