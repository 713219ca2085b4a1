/**
 * Latency and cost of one configuration, read from a CompiledSpace: a few additions, no model.
 *
 * L1. Latency at a percentile = sum of the parts' medians + root of the summed squares of (quantile - median):
 *     the parts are nearly independent, and adding the quantiles themselves would overshoot by 10-15 %. Exact
 *     for one uncertain part and for normal ones; 0.1 % low for lognormal parts of 10 % spread, 2 % low at P95
 *     for the worst case we know, two equal exponential parts.
 * L2. Init is inside mapping delay for latency and inside `initMs` for money, never in both.
 * L3. Tasks are dealt out evenly: of p instances some run ceil(tasks / p) tasks and the others one less. The
 *     slowest decide the latency; the bill adds what each one runs.
 */
import type { CompiledParts, CompiledSpace } from "./estimator.ts"
import type { StepConfig } from "../workflow/config.ts"

/** A configuration as indices into the axes of a CompiledSpace, with the instances that start cold. */
export interface SpacePoint {
  readonly memoryIndex: number
  readonly instanceIndex: number
  readonly processIndex: number
  readonly cold: number
}

/** `mean` adds the parts' means of one instance: the t of the papers' cost, not the mean of the slowest. */
export type Level = "percentile" | "median" | "mean"

/** A bill counts whole milliseconds: rounding up adds half a millisecond on average. */
export const ROUND_UP_MS = 0.5

/** Instances that get a task: more than there are tasks would have nothing to do. */
export function usedInstances(tasks: number, instances: number): number {
  return Math.max(1, Math.min(instances, tasks))
}

/** Cold starts of `instances` when `warm` of that size are idle: max(0, p - k). */
export function coldStarts(tasks: number, instances: number, warm: number): number {
  return Math.max(0, usedInstances(tasks, instances) - Math.max(0, warm))
}

/** The point of a configuration, or undefined where the space does not hold it. */
export function pointOf(space: CompiledSpace, config: StepConfig, cold: number): SpacePoint | undefined {
  const memoryIndex = space.memoryMB.indexOf(config.memoryMB)
  const instanceIndex = space.instances.indexOf(config.instances)
  const processIndex = space.processes.indexOf(config.processes)
  if (memoryIndex < 0 || instanceIndex < 0 || processIndex < 0) return undefined
  return { memoryIndex, instanceIndex, processIndex, cold }
}

/** The configuration of a point. */
export function configOf(space: CompiledSpace, point: Omit<SpacePoint, "cold">): StepConfig {
  return {
    memoryMB: space.memoryMB[point.memoryIndex]!,
    instances: space.instances[point.instanceIndex]!,
    processes: space.processes[point.processIndex]!,
  }
}

/** Latency of a step in ms (L1); NaN where the configuration cannot run. */
export function latencyOf(space: CompiledSpace, point: SpacePoint, which: Level): number {
  const at = offsetsOf(space, point)
  const base = which === "mean" ? space.mean : space.median
  const extra = point.cold > 0 ? (space.coldExtraMs?.[point.memoryIndex] ?? 0) : 0
  const sum = sumAt(base, at) + extra
  if (which !== "percentile") return sum
  const { median } = space
  const mapping = space.mappingDelayMs[at.mapping]! - median.mappingDelayMs[at.mapping]!
  const download = space.downloadMs[at.transfer]! - median.downloadMs[at.transfer]!
  const compute = space.computeMs[at.compute]! - median.computeMs[at.compute]!
  const upload = space.uploadMs[at.transfer]! - median.uploadMs[at.transfer]!
  return sum + signedRoot(signedSquare(mapping) + signedSquare(download) + signedSquare(compute) + signedSquare(upload))
}

/** The four parts of a point's latency in ms; the cold extra of a small size counts as mapping delay. */
export function partsOf(
  space: CompiledSpace,
  point: SpacePoint,
  which: Level,
): { mappingDelayMs: number; downloadMs: number; computeMs: number; uploadMs: number } {
  const at = offsetsOf(space, point)
  const parts = which === "percentile" ? space : space[which]
  const extra = point.cold > 0 ? (space.coldExtraMs?.[point.memoryIndex] ?? 0) : 0
  return {
    mappingDelayMs: parts.mappingDelayMs[at.mapping]! + extra,
    downloadMs: parts.downloadMs[at.transfer]!,
    computeMs: parts.computeMs[at.compute]!,
    uploadMs: parts.uploadMs[at.transfer]!,
  }
}

/** Mean cost of a step in USD, all instances (L2, L3); NaN where the configuration cannot run. */
export function costOf(space: CompiledSpace, point: SpacePoint): number {
  const memoryGB = space.memoryMB[point.memoryIndex]! / 1024
  const instances = space.instances[point.instanceIndex]!
  if (space.billMappingDelay) {
    const t = latencyOf(space, point, "mean")
    return instances * ((t / 1000) * memoryGB * space.usdPerGbSecond + space.usdPerRequest)
  }
  const used = usedInstances(space.tasks, instances)
  const cold = Math.min(point.cold, used)
  const billedMs = billedMsOf(space, point) + cold * space.initMs[point.memoryIndex]!
  return (billedMs / 1000) * memoryGB * space.usdPerGbSecond + used * space.usdPerRequest
}

/** Billed ms of all instances together, init left out. */
function billedMsOf(space: CompiledSpace, point: SpacePoint): number {
  const used = usedInstances(space.tasks, space.instances[point.instanceIndex]!)
  const most = space.tasksPerInstanceOf[point.instanceIndex]!
  const n = space.tasksPerInstance[most]!
  const full = Math.min(used, Math.max(0, space.tasks - used * (n - 1)))
  const hasLess = most > 0 && space.tasksPerInstance[most - 1] === n - 1
  if (full >= used || !hasLess) return used * instanceMs(space, point, most)
  return full * instanceMs(space, point, most) + (used - full) * instanceMs(space, point, most - 1)
}

function instanceMs(space: CompiledSpace, point: SpacePoint, tasksIndex: number): number {
  const counts = space.tasksPerInstance.length
  const transfer = point.memoryIndex * counts + tasksIndex
  const compute = (point.memoryIndex * space.processes.length + point.processIndex) * counts + tasksIndex
  const { mean } = space
  return mean.downloadMs[transfer]! + mean.computeMs[compute]! + mean.uploadMs[transfer]! + ROUND_UP_MS
}

interface Offsets {
  readonly mapping: number
  readonly transfer: number
  readonly compute: number
}

function offsetsOf(space: CompiledSpace, point: SpacePoint): Offsets {
  const counts = space.tasksPerInstance.length
  const n = space.tasksPerInstanceOf[point.instanceIndex]!
  const cold = Math.max(0, Math.min(point.cold, space.instances[point.instanceIndex]!))
  return {
    mapping: point.instanceIndex * (space.instances.at(-1)! + 1) + cold,
    transfer: point.memoryIndex * counts + n,
    compute: (point.memoryIndex * space.processes.length + point.processIndex) * counts + n,
  }
}

function sumAt(parts: CompiledParts, at: Offsets): number {
  return (
    parts.mappingDelayMs[at.mapping]! +
    parts.downloadMs[at.transfer]! +
    parts.computeMs[at.compute]! +
    parts.uploadMs[at.transfer]!
  )
}

/** Below the median the differences are negative: signs are kept. */
function signedSquare(x: number): number {
  return x * Math.abs(x)
}

function signedRoot(x: number): number {
  return Math.sign(x) * Math.sqrt(Math.abs(x))
}
