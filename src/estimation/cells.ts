import { median, weightedMedian } from "../statistics/order-statistics.ts"
import { configurationOf, type SelectedSample } from "./sample-selection.ts"
import { type InstanceSample, runsOf } from "./sample.ts"

/** One measured combination of memory, processes and tasks with the median of its times. */
export interface Cell {
  readonly memoryMB: number
  readonly processes: number
  /** Tasks per instance, n. */
  readonly tasks: number
  /** First calls of cold instances make cells of their own. */
  readonly cold: boolean
  readonly ms: number
  /** Share of a good warm cell that it counts for. */
  readonly weight: number
}

/** Compute times below this are timer noise, ms. */
const LEAST_COMPUTE_MS = 0.01

/** First calls vary more than warm ones. */
const COLD_WEIGHT = 0.25
const CONTENDED_WEIGHT = 0.25

/**
 * Medians of the compute times by cell, ordered by memory, processes, tasks, cold: a fit sees them, never single
 * samples. A mean of several runs counts as so many. Contention only adds time, so of contended samples the shortest stands for the cell, with less weight.
 */
export function computeCells(samples: readonly SelectedSample[]): readonly Cell[] {
  return [...groupByCell(samples).values()]
    .map((group) => {
      const { memoryMB, processes, tasks, cold, contended } = group[0]!
      const times = group.map(computeMsOf)
      const weight = (cold ? COLD_WEIGHT : 1) * (contended ? CONTENDED_WEIGHT : 1) * weightOf(group)
      const ms = contended ? Math.min(...times) : weightedMedian(times, group.map(runsOf))
      return { memoryMB, processes, tasks, cold, ms, weight }
    })
    .sort(
      (a, b) =>
        a.memoryMB - b.memoryMB || a.processes - b.processes || a.tasks - b.tasks || Number(a.cold) - Number(b.cold),
    )
}

/** Samples from before a change count for less (sample-selection.ts); one newer sample makes a cell count in full. */
function weightOf(group: readonly SelectedSample[]): number {
  return Math.max(...group.map(({ weight = 1 }) => weight))
}

/** Jitter of timers and schedulers, ms: what is as short as this has no noise worth learning. */
export const JITTER_MS = 5

/** Log ratios of the compute times to their cell's median; cells of one sample tell nothing, nor do contended ones and means. */
export function logResiduals(samples: readonly InstanceSample[]): readonly CellResiduals[] {
  return [...groupByCell(samples.filter((sample) => !sample.contended && sample.aggregate === undefined)).values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const logs = group.map((sample) => Math.log(computeMsOf(sample) + JITTER_MS))
      const centre = median(logs)
      return { memoryMB: group[0]!.memoryMB, residuals: logs.map((log) => log - centre) }
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

function groupByCell(samples: readonly SelectedSample[]): Map<string, SelectedSample[]> {
  const groups = new Map<string, SelectedSample[]>()
  for (const sample of samples) {
    const key = configurationOf(sample)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [sample])
    else group.push(sample)
  }
  return groups
}
