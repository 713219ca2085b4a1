import type { CompiledSpace } from "../../estimation/estimator.ts"
import type { Problem } from "../planner.ts"

/** Which values of each axis a baseline may choose; all where absent. */
export interface Knobs {
  readonly memoryMB?: (values: readonly number[]) => readonly number[]
  readonly instances?: (values: readonly number[]) => readonly number[]
  readonly processes?: (values: readonly number[]) => readonly number[]
}

/** The papers fix instances and processes without saying at what: 1 where absent. */
export interface FixedCounts {
  readonly fixedInstances?: number
  readonly fixedProcesses?: number
}

/** The one value of the axis that is nearest to `value`, the smaller one of two. */
export function only(value: number): (values: readonly number[]) => readonly number[] {
  return (values) => [values.reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a))]
}

/** Values at multiples of `step` above the least one; all where none but the least is on that grid. */
export function everyMultiple(step: number): (values: readonly number[]) => readonly number[] {
  return (values) => {
    const kept = values.filter((value) => (value - values[0]!) % step === 0)
    return kept.length > 1 ? kept : values
  }
}

/** Memory only: instances and processes stay at one value. */
export function memoryOnly({ fixedInstances = 1, fixedProcesses = 1 }: FixedCounts = {}): Knobs {
  return { instances: only(fixedInstances), processes: only(fixedProcesses) }
}

/** A space with fewer values on its axes; every number of what is left stays the same. O(size of the result). */
export function restrictSpace(space: CompiledSpace, knobs: Knobs): CompiledSpace {
  const [ms, ps, qs] = [
    indices(space.memoryMB, knobs.memoryMB),
    indices(space.instances, knobs.instances),
    indices(space.processes, knobs.processes),
  ]
  const counts = space.tasksPerInstance.length
  const [fromRow, toRow] = [space.instances.at(-1)! + 1, space.instances[ps.at(-1)!]! + 1]
  const mapping = (values: Float64Array): Float64Array =>
    Float64Array.from(
      { length: ps.length * toRow },
      (_, i) => values[ps[Math.floor(i / toRow)]! * fromRow + (i % toRow)]!,
    )
  const rows = (values: Float64Array, kept: readonly number[]): Float64Array =>
    Float64Array.from(
      { length: kept.length * counts },
      (_, i) => values[kept[Math.floor(i / counts)]! * counts + (i % counts)]!,
    )
  const computed = ms.flatMap((m) => qs.map((q) => m * space.processes.length + q))
  const parts = (from: CompiledSpace["median"]): CompiledSpace["median"] => ({
    mappingDelayMs: mapping(from.mappingDelayMs),
    downloadMs: rows(from.downloadMs, ms),
    uploadMs: rows(from.uploadMs, ms),
    computeMs: rows(from.computeMs, computed),
  })
  const bySize = (values: Float64Array): Float64Array => Float64Array.from(ms, (m) => values[m]!)
  return {
    ...space,
    memoryMB: ms.map((m) => space.memoryMB[m]!),
    instances: ps.map((p) => space.instances[p]!),
    processes: qs.map((q) => space.processes[q]!),
    tasksPerInstanceOf: Int32Array.from(ps, (p) => space.tasksPerInstanceOf[p]!),
    ...parts(space),
    median: parts(space.median),
    mean: parts(space.mean),
    initMs: bySize(space.initMs),
    ...(space.coldExtraMs === undefined ? {} : { coldExtraMs: bySize(space.coldExtraMs) }),
  }
}

/**
 * What a baseline takes for a step's latency. `goal`: what all planners take. `mean`: the sum of the parts' means.
 * `parts`: the sum of the parts' percentiles, as StepConf adds them (section 3.4), which is no percentile of the sum.
 */
export type Times = "goal" | "mean" | "parts"

/** A space whose latencies are certain and equal to those of `times`; costs stay. */
export function withTimes(space: CompiledSpace, times: Times): CompiledSpace {
  if (times === "goal") return space
  const { mappingDelayMs, downloadMs, uploadMs, computeMs } = times === "mean" ? space.mean : space
  const parts = { mappingDelayMs, downloadMs, uploadMs, computeMs }
  return { ...space, ...parts, median: parts }
}

/** The problem with every step's space changed. */
export function withSpaces(problem: Problem, change: (space: CompiledSpace) => CompiledSpace): Problem {
  return { ...problem, spaces: new Map([...problem.spaces].map(([name, space]) => [name, change(space)])) }
}

function indices(values: readonly number[], keep: Knobs["memoryMB"]): number[] {
  const kept = new Set(keep?.(values) ?? values)
  return values.map((_, i) => i).filter((i) => kept.has(values[i]!))
}
