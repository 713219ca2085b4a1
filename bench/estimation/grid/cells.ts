import { median } from "../../../src/statistics/order-statistics.ts"
import { columnOf, type MeasuredCellRuns, type MeasuredData, withoutContended } from "../measure/data-file.ts"
import { GRID_PROGRAMS, type GridProgram } from "../measure/grid.ts"

/** What is profiled, as in the StepConf paper (papers' "4192" MB read as 4096); all other cells are predicted. */
const FITTED_MEMORIES_MB: readonly number[] = [512, 1024, 2048, 4096, 10_240]
const FITTED_TASKS: readonly number[] = [20, 40, 80]

/** One call, ms. */
export interface GridRun {
  readonly computeMs: number
  readonly durationMs: number
  readonly billedMs: number
  readonly wallMs: number
  readonly downloadMs: number
  readonly uploadMs: number
  readonly maxMemoryUsedMB: number
  readonly atS: number
}

export interface GridCell {
  readonly program: GridProgram
  readonly memoryMB: number
  readonly tasks: number
  readonly fitted: boolean
  /** In time order; without the contended ones where there are enough others. */
  readonly runs: readonly GridRun[]
  /** Median compute time, ms. */
  readonly ms: number
}

export function gridCells(data: MeasuredData): readonly GridCell[] {
  return data.cells.map((cell) => {
    const program = GRID_PROGRAMS.find(({ name }) => name === cell.functionName)
    if (program === undefined) throw new Error(`the grid has no program ${cell.functionName}`)
    const { memoryMB, tasks } = cell
    const runs = runsOf(data, withoutContended(data, cell))
    const fitted = FITTED_MEMORIES_MB.includes(memoryMB) && FITTED_TASKS.includes(tasks)
    return { program, memoryMB, tasks, fitted, runs, ms: median(runs.map((run) => run.computeMs)) }
  })
}

function runsOf(data: MeasuredData, cell: MeasuredCellRuns): readonly GridRun[] {
  const columns = {
    computeMs: columnOf(data, cell, "computeMs"),
    durationMs: columnOf(data, cell, "durationMs"),
    billedMs: columnOf(data, cell, "billedMs"),
    wallMs: columnOf(data, cell, "wallMs"),
    downloadMs: columnOf(data, cell, "downloadMs"),
    uploadMs: columnOf(data, cell, "uploadMs"),
    maxMemoryUsedMB: columnOf(data, cell, "maxMemoryUsedMB"),
    atS: columnOf(data, cell, "atS"),
  }
  return cell.runs.map((_, i): GridRun => {
    const value = (name: keyof GridRun): number => columns[name][i]!
    return {
      computeMs: value("computeMs"),
      durationMs: value("durationMs"),
      billedMs: value("billedMs"),
      wallMs: value("wallMs"),
      downloadMs: value("downloadMs"),
      uploadMs: value("uploadMs"),
      maxMemoryUsedMB: value("maxMemoryUsedMB"),
      atS: value("atS"),
    }
  })
}

/**
 * Noise of a cell, percent: the median of its odd repetitions against that of its even ones, |a / b - 1|. Each half has
 * half the runs, so the whole cell's median is off by about half of this. Null with fewer than two runs.
 */
export function halvesErrorPct({ runs }: GridCell, valueOf: (run: GridRun) => number): number | null {
  if (runs.length < 2) return null
  const half = (first: number): number => median(runs.filter((_, i) => i % 2 === first).map(valueOf))
  return 100 * Math.abs(half(0) / half(1) - 1)
}

/** Share of the errors within a bound, their mean and the largest, in percent. */
export function errorSummary(
  errorsPct: readonly number[],
  boundPct: number = 4,
): { readonly withinPct: number; readonly meanPct: number; readonly maxPct: number } {
  const sizes = errorsPct.map(Math.abs)
  return {
    withinPct: (100 * sizes.filter((size) => size <= boundPct).length) / sizes.length,
    meanPct: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    maxPct: Math.max(...sizes),
  }
}
