import type { CompiledParts, CompiledSpace } from "../../estimation/estimator.ts"
import { type ConfigSpace, valuesOf } from "../../workflow/config.ts"

/** A step with a simple law: u = m/1769 vCPUs, compute = fixed + work * n / min(u, q), transfer by bytes and p. */
export interface SyntheticLaw {
  readonly tasks: number
  /** Core-milliseconds of one task. */
  readonly workMs: number
  readonly fixedMs: number
  readonly transferMs: number
  /** Mapping delay = base + perInstance * p, and `coldMs` more when any instance is cold. */
  readonly mappingMs: number
  readonly mappingPerInstanceMs: number
  readonly coldMs: number
  /** Ratio of the percentile to the median and mean, e.g. 1.1. */
  readonly spread: number
  /** Sizes below it cannot run. */
  readonly memoryFloorMB: number
}

export const SYNTHETIC_LAW: SyntheticLaw = {
  tasks: 8,
  workMs: 500,
  fixedMs: 50,
  transferMs: 40,
  mappingMs: 10,
  mappingPerInstanceMs: 2,
  coldMs: 200,
  spread: 1.1,
  memoryFloorMB: 0,
}

const MB_PER_VCPU = 1769

/** A compiled space for planner tests: the arrays of `CompiledSpace` filled from a law instead of a fitted model. */
export function syntheticSpace(step: string, space: ConfigSpace, changes: Partial<SyntheticLaw> = {}): CompiledSpace {
  const law = { ...SYNTHETIC_LAW, ...changes }
  const memoryMB = valuesOf(space.memoryMB)
  const instances = valuesOf(space.instances)
  const processes = valuesOf(space.processes)
  const perInstance = instances.map((p) => Math.ceil(law.tasks / p))
  const tasksPerInstance = [...new Set(perInstance)].sort((a, b) => a - b)
  const row = instances.at(-1)! + 1
  const median: CompiledParts = {
    mappingDelayMs: fill(instances.length * row, (i) => {
      const p = instances[Math.floor(i / row)]!
      return law.mappingMs + law.mappingPerInstanceMs * p + (i % row > 0 ? law.coldMs : 0)
    }),
    downloadMs: fill(memoryMB.length * tasksPerInstance.length, (i) => {
      const m = memoryMB[Math.floor(i / tasksPerInstance.length)]!
      return transferMs(law, m, tasksPerInstance[i % tasksPerInstance.length]!)
    }),
    uploadMs: fill(memoryMB.length * tasksPerInstance.length, (i) => {
      const m = memoryMB[Math.floor(i / tasksPerInstance.length)]!
      return transferMs(law, m, tasksPerInstance[i % tasksPerInstance.length]!) / 2
    }),
    computeMs: fill(memoryMB.length * processes.length * tasksPerInstance.length, (i) => {
      const n = tasksPerInstance[i % tasksPerInstance.length]!
      const rest = Math.floor(i / tasksPerInstance.length)
      const m = memoryMB[Math.floor(rest / processes.length)]!
      return computeMs(law, { m, q: processes[rest % processes.length]!, n })
    }),
  }
  const scaled = (parts: Float64Array): Float64Array => parts.map((ms) => ms * law.spread)
  return {
    step,
    tasks: law.tasks,
    percentile: 0.95,
    modelVersion: "synthetic",
    memoryMB,
    instances,
    processes,
    tasksPerInstance,
    tasksPerInstanceOf: Int32Array.from(perInstance, (n) => tasksPerInstance.indexOf(n)),
    mappingDelayMs: scaled(median.mappingDelayMs),
    downloadMs: scaled(median.downloadMs),
    uploadMs: scaled(median.uploadMs),
    computeMs: scaled(median.computeMs),
    median,
    mean: median,
    initMs: fill(memoryMB.length, () => law.coldMs),
    usdPerGbSecond: 0.0000166667,
    usdPerRequest: 0.0000002,
    billMappingDelay: false,
    maxUsefulProcesses: (m, n) => Math.max(1, Math.min(n, Math.ceil(m / MB_PER_VCPU))),
  }
}

function fill(length: number, value: (i: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, i) => value(i))
}

function transferMs(law: SyntheticLaw, memoryMB: number, n: number): number {
  return (law.transferMs * n) / Math.min(1, Math.sqrt(memoryMB / MB_PER_VCPU))
}

function computeMs(law: SyntheticLaw, { m, q, n }: { m: number; q: number; n: number }): number {
  if (m < law.memoryFloorMB) return Number.NaN
  const u = m / MB_PER_VCPU
  const busy = Math.min(q, n)
  return law.fixedMs / Math.min(1, u) + (law.workMs * Math.ceil(n / busy)) / Math.min(1, u / busy)
}
