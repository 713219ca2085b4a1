// Synthetic steps with the published shapes of mapping delay, transfer and compute: what planners are measured on.
import type { Random } from "../../src/base/random.ts"
import type { CostCurve } from "../../src/optimization/selection-problem.ts"
import { paretoOrder, type Points } from "../../src/optimization/pareto.ts"

/** The choices of a step: every combination of the three. */
export interface Axes {
  readonly memoryMB: readonly number[]
  readonly instances: readonly number[]
  readonly processes: readonly number[]
}

const upTo = (count: number, from = 1, step = 1): number[] => Array.from({ length: count }, (_, i) => from + i * step)

/** 46 sizes (128 to 3,008 MB) x 64 instances x 6 processes. */
export const MEDIUM_AXES: Axes = { memoryMB: upTo(46, 128, 64), instances: upTo(64), processes: upTo(6) }

/** 159 sizes (128 to 10,240 MB) x 64 x 6: 61,056 configurations. */
export const FULL_AXES: Axes = { memoryMB: upTo(159, 128, 64), instances: upTo(64), processes: upTo(6) }

/** Memory that buys one vCPU. */
export const MB_PER_VCPU = 1769

/** The papers' prices: one second of a GB, and one instance with its requests. */
export const USD_PER_GB_SECOND = 1.66667e-5
export const USD_PER_INSTANCE = 2.52e-5

/** One step: StepConf's eq. (1) for compute, stairs for the mapping delay, bytes over bandwidth for transfer. */
export interface StepLaw {
  readonly tasks: number
  /** Tasks cannot be divided: an instance runs ceil(tasks / p) of them, else tasks / p. */
  readonly wholeTasks: boolean
  /** Core-seconds of one task. */
  readonly workS: number
  /** Decay rate of eq. (1) case 1, above one vCPU; null for single-thread code (case 2 everywhere). */
  readonly rate: number | null
  /** delta_s and b2 of case 2. */
  readonly efficiency: number
  readonly offset: number
  /** phi: seconds an instance spends whatever it has to do. */
  readonly fixedS: number
  readonly coldS: number
  readonly objects: number
  /** Bytes in and out of the whole step. */
  readonly dataMB: number
  readonly bandwidthMBps: number
}

/** Makes steps heavier or lighter in data and work. */
export interface Load {
  readonly data: number
  readonly work: number
}

export const EVEN_LOAD: Load = { data: 1, work: 1 }

/** Steps whose time is mostly transfer, on which uncertainty weighs most. */
export const TRANSFER_HEAVY: Load = { data: 5, work: 0.5 }

/** One step drawn at random. */
export function drawLaw(random: Random, load: Load = EVEN_LOAD): StepLaw {
  const even = (low: number, high: number): number => low + (high - low) * random.next()
  const log = (low: number, high: number): number => low * (high / low) ** random.next()
  return {
    tasks: Math.round(log(8, 480)),
    wholeTasks: random.next() < 0.5,
    workS: load.work * log(0.05, 2),
    rate: random.next() < 0.4 ? even(0.3, 0.6) : null,
    efficiency: even(0.9, 1),
    offset: even(0, 0.05),
    fixedS: even(0.05, 0.35),
    coldS: random.next() < 0.3 ? even(0.35, 0.75) : 0.02,
    objects: 1 + Math.floor(6 * random.next()),
    dataMB: load.data * (log(2, 400) + log(1, 150)),
    bandwidthMBps: even(45, 90),
  }
}

/** Seconds until the last of `instances` runs. */
export function mappingS(law: StepLaw, instances: number): number {
  return 0.04 + 0.0015 * instances + 0.0008 * Math.max(0, instances - 35) ** 2 + law.coldS
}

/** Seconds of download and upload together. */
export function transferS(law: StepLaw, memoryMB: number, instances: number): number {
  const bandwidth = law.bandwidthMBps * Math.min(1, Math.sqrt(memoryMB / MB_PER_VCPU))
  return 0.06 + 0.02 * law.objects + law.dataMB / (instances * bandwidth)
}

/** Tasks of the instance that has most. */
export function tasksOf(law: StepLaw, instances: number): number {
  return law.wholeTasks ? Math.ceil(law.tasks / instances) : law.tasks / instances
}

/** Seconds of compute per task, beyond `fixedS`: eq. (1) with x = min(u, q); the two cases meet at one vCPU. */
export function secondsPerTask(law: StepLaw, memoryMB: number, processes: number): number {
  const u = memoryMB / MB_PER_VCPU
  const x = Math.min(u, processes)
  if (law.rate === null || u <= 1) return law.workS / (law.efficiency * x + law.offset)
  return (law.workS / (law.efficiency + law.offset)) * Math.exp(-law.rate * (x - 1))
}

/** The first count of processes that uses all of the memory's vCPUs: more make nothing faster. */
export function usefulProcesses(memoryMB: number): number {
  return Math.max(1, Math.ceil(memoryMB / MB_PER_VCPU))
}

/** Latency and cost of every configuration, useless processes and instances without a task left out. */
export function rawSpace(law: StepLaw, axes: Axes): Points & { readonly point: Int32Array } {
  const { memoryMB, instances, processes } = axes
  const size = memoryMB.length * instances.length * processes.length
  const [latencyMs, costUsd, point] = [new Float64Array(size), new Float64Array(size), new Int32Array(size)]
  const mapping = instances.map((p) => mappingS(law, p))
  const tasks = instances.map((p) => tasksOf(law, p))
  const mostInstances = instances.filter((p) => p <= law.tasks).length
  let count = 0
  for (const [m, memory] of memoryMB.entries()) {
    const usdPerSecond = (memory / 1024) * USD_PER_GB_SECOND
    const transfer = instances.map((p) => transferS(law, memory, p))
    const useful = usefulProcesses(memory)
    for (let q = 0; q < processes.length && (q === 0 || processes[q - 1]! < useful); q++) {
      const perTask = secondsPerTask(law, memory, processes[q]!)
      for (let p = 0; p < mostInstances; p++, count++) {
        const seconds = mapping[p]! + transfer[p]! + law.fixedS + perTask * tasks[p]!
        latencyMs[count] = 1000 * seconds
        costUsd[count] = instances[p]! * (seconds * usdPerSecond + USD_PER_INSTANCE)
        point[count] = (m * instances.length + p) * processes.length + q
      }
    }
  }
  return { count, latencyMs, costUsd, point }
}

/** A step's choices that are worth choosing. `point` holds indices into [memory][instances][processes]. */
export function curveOf(law: StepLaw, axes: Axes): CostCurve & { readonly point: Int32Array } {
  const space = rawSpace(law, axes)
  const order = paretoOrder(space)
  return {
    latencyMs: Float64Array.from(order, (i) => space.latencyMs[i]!),
    costUsd: Float64Array.from(order, (i) => space.costUsd[i]!),
    point: Int32Array.from(order, (i) => space.point[i]!),
  }
}
