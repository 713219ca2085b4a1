import { median } from "../statistics/order-statistics.ts"
import type { InstanceSample } from "./sample.ts"

/** One measured combination of memory, processes and tasks with the median of its times. */
export interface Cell {
  readonly memoryMB: number
  readonly processes: number
  /** Tasks per instance, n. */
  readonly tasks: number
  /** First calls of cold instances make cells of their own. */
  readonly cold: boolean
  readonly ms: number
  /** Samples behind the median. */
  readonly count: number
}

/** Compute times below this are timer noise, ms. */
const LEAST_COMPUTE_MS = 0.01

/** Medians of the compute times by cell, ordered by memory, processes, tasks, cold: a fit sees them, never single samples. */
export function computeCells(samples: readonly InstanceSample[]): readonly Cell[] {
  return [...groupByCell(samples).values()]
    .map((group) => ({
      memoryMB: group[0]!.memoryMB,
      processes: group[0]!.processes,
      tasks: group[0]!.tasks,
      cold: group[0]!.cold,
      ms: median(group.map(computeMsOf)),
      count: group.length,
    }))
    .sort(
      (a, b) =>
        a.memoryMB - b.memoryMB || a.processes - b.processes || a.tasks - b.tasks || Number(a.cold) - Number(b.cold),
    )
}

/** Log ratios of the compute times to their cell's median; cells of one sample tell nothing. */
export function logResiduals(samples: readonly InstanceSample[]): readonly CellResiduals[] {
  return [...groupByCell(samples).values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const centre = Math.log(median(group.map(computeMsOf)))
      return { memoryMB: group[0]!.memoryMB, residuals: group.map((sample) => Math.log(computeMsOf(sample)) - centre) }
    })
}

export interface CellResiduals {
  readonly memoryMB: number
  readonly residuals: readonly number[]
}

/** Distinct memory sizes, ascending. */
export function memoriesOf(cells: readonly { readonly memoryMB: number }[]): readonly number[] {
  return [...new Set(cells.map((cell) => cell.memoryMB))].sort((a, b) => a - b)
}

function computeMsOf(sample: InstanceSample): number {
  return Math.max(LEAST_COMPUTE_MS, sample.computeMs)
}

function groupByCell(samples: readonly InstanceSample[]): Map<string, InstanceSample[]> {
  const groups = new Map<string, InstanceSample[]>()
  for (const sample of samples) {
    const key = `${sample.memoryMB}/${sample.processes}/${sample.tasks}/${sample.cold}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [sample])
    else group.push(sample)
  }
  return groups
}
