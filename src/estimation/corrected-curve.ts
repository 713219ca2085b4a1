import { isotonic } from "../statistics/isotonic.ts"
import { type ComputeAxes, computeCurve, type ComputeParameters, vcpus } from "./compute-model.ts"
import { type Place, placeOn, type ResidualGrid, residualAlongMemory } from "./residual-grid.ts"

export interface CorrectionOptions {
  readonly leastMemoryMB: number
  readonly mostMemoryMB: number
  /** More memory is never slower: pooled where the residual says otherwise. */
  readonly monotone: boolean
}

export interface CorrectedCurve {
  at(memoryMB: number): CurveAtMemory
  /** Every point of the axes, tasks changing fastest. */
  table(axes: ComputeAxes): Float64Array
}

/** Median ms at one memory size by processes and tasks of an instance. */
export type CurveAtMemory = (processes: number, tasks: number) => number

const NODES_PER_DOUBLING = 12
/** Tables kept, one per (processes, tasks); all go when there are more. */
const KEPT_TABLES = 8192
/** Tasks below this number make a distinct key with every number of processes. */
const KEY_TASKS = 2 ** 32

/**
 * Roofline times exp(residual), tabulated over memory per (q, n) when first asked for. Between nodes time is linear in
 * 1/u, which is exact for the roofline up to one vCPU; outside the range the correction stays what it is at its end.
 */
export function correctedCurve(
  parameters: ComputeParameters,
  grid: ResidualGrid,
  options: CorrectionOptions,
): CorrectedCurve {
  const memories = memoryNodes(parameters, options)
  const rooflines = memories.map((memoryMB) => computeCurve(parameters, memoryMB))
  const places = memories.map((memoryMB) => placeOn(grid.axes[0], Math.log(vcpus(parameters, memoryMB))))
  const tables = new Map<number, Float64Array>()
  const tableOf = (processes: number, tasks: number): Float64Array => {
    const key = processes * KEY_TASKS + tasks
    const known = tables.get(key)
    if (known !== undefined) return known
    const residual = residualAlongMemory(grid, processes, tasks)
    const logs = rooflines.map(
      (roofline, i) => Math.log(Math.max(roofline(processes, tasks), 1e-9)) + valueAt(residual, places[i]!),
    )
    const table = Float64Array.from(options.monotone ? falling(logs) : logs, Math.exp)
    if (tables.size >= KEPT_TABLES) tables.clear()
    tables.set(key, table)
    return table
  }
  // Ascending, as placeOn wants it: minus 1/u rises with memory.
  const axis = Float64Array.from(memories, (memoryMB) => -1 / vcpus(parameters, memoryMB))
  const isOutside = (memoryMB: number): boolean => memoryMB < memories[0]! || memoryMB > memories.at(-1)!
  const at = (memoryMB: number): CurveAtMemory => {
    const place = placeOn(axis, -1 / vcpus(parameters, memoryMB))
    const own = isOutside(memoryMB) ? computeCurve(parameters, memoryMB) : undefined
    return (wanted, tasks) => {
      const processes = Math.min(wanted, tasks)
      if (processes <= 0) return parameters.phiMs
      const ms = valueAt(tableOf(processes, tasks), place)
      if (own === undefined) return ms
      return (ms * own(processes, tasks)) / Math.max(rooflines[place.low]!(processes, tasks), 1e-9)
    }
  }
  const table = (axes: ComputeAxes): Float64Array => {
    const pairs = axes.processes.flatMap((processes) => axes.tasks.map((tasks) => ({ processes, tasks })))
    const out = new Float64Array(axes.memoryMB.length * pairs.length)
    const spots = axes.memoryMB.map((memoryMB) => placeOn(axis, -1 / vcpus(parameters, memoryMB)))
    const rows = pairs.map(({ processes, tasks }) =>
      tasks <= 0
        ? new Float64Array(memories.length).fill(parameters.phiMs)
        : tableOf(Math.min(processes, tasks), tasks),
    )
    for (const [m, memoryMB] of axes.memoryMB.entries()) {
      const base = m * pairs.length
      const spot = spots[m]!
      if (isOutside(memoryMB)) {
        const own = at(memoryMB)
        for (const [i, pair] of pairs.entries()) out[base + i] = own(pair.processes, pair.tasks)
      } else for (let i = 0; i < rows.length; i++) out[base + i] = valueAt(rows[i]!, spot)
    }
    return out
  }
  return { at, table }
}

/** The non-increasing sequence nearest to the values in squares. */
function falling(values: readonly number[]): number[] {
  return isotonic(values.map((value) => -value)).map((value) => -value)
}

function valueAt(values: Float64Array, { low, high, share }: Place): number {
  return values[low]! + share * (values[high]! - values[low]!)
}

/** Even in ln m, and every whole number of vCPUs, where the roofline bends; for whole vCPUs these alone. */
function memoryNodes(parameters: ComputeParameters, { leastMemoryMB, mostMemoryMB }: CorrectionOptions): number[] {
  const { mbPerVcpu, cores } = parameters
  const nodes = new Set<number>()
  const doublings = Math.log2(mostMemoryMB / leastMemoryMB)
  const count = Math.max(1, Math.ceil(doublings * NODES_PER_DOUBLING))
  for (let i = 0; i <= count; i++) nodes.add(leastMemoryMB * 2 ** ((doublings * i) / count))
  const whole = cores === "whole" ? new Set<number>() : nodes
  for (let k = 1; k * mbPerVcpu < mostMemoryMB; k++) {
    if (k * mbPerVcpu > leastMemoryMB) whole.add(k * mbPerVcpu)
  }
  return [...(cores === "whole" ? whole.add(mostMemoryMB) : nodes)].sort((a, b) => a - b)
}
