import type { ComputePoint } from "./compute-model.ts"

/** Where a function was measured: its points, and the box around them. */
export interface MeasuredPoints {
  /** True for a point that was measured itself. */
  has(point: ComputePoint): boolean
  /** True for a point between measured ones in memory, tasks and processes. */
  spans(point: ComputePoint): boolean
}

/** Indexes the points once: each question then is a look-up. Processes without a task are none. */
export function measuredPoints(cells: readonly ComputePoint[]): MeasuredPoints {
  const known = new Set(cells.map(keyOf))
  const least = { memoryMB: Infinity, tasks: Infinity, processes: Infinity }
  const most = { memoryMB: -Infinity, tasks: -Infinity, processes: -Infinity }
  for (const cell of cells) {
    const processes = busy(cell)
    least.memoryMB = Math.min(least.memoryMB, cell.memoryMB)
    most.memoryMB = Math.max(most.memoryMB, cell.memoryMB)
    least.tasks = Math.min(least.tasks, cell.tasks)
    most.tasks = Math.max(most.tasks, cell.tasks)
    least.processes = Math.min(least.processes, processes)
    most.processes = Math.max(most.processes, processes)
  }
  return {
    has: (point) => known.has(keyOf(point)),
    spans: (point) => {
      const { memoryMB, tasks } = point
      const processes = busy(point)
      return (
        memoryMB >= least.memoryMB &&
        memoryMB <= most.memoryMB &&
        tasks >= least.tasks &&
        tasks <= most.tasks &&
        processes >= least.processes &&
        processes <= most.processes
      )
    },
  }
}

function busy({ processes, tasks }: ComputePoint): number {
  return Math.min(processes, tasks)
}

/** Memory below 2^20, tasks and processes below 2^16 as one number. */
function keyOf(point: ComputePoint): number {
  return (point.memoryMB * 65_536 + point.tasks) * 65_536 + busy(point)
}

/** What a prediction at a point rests on. */
export function supportAt(
  points: MeasuredPoints,
  point: ComputePoint,
  doubtful: boolean,
): "measured" | "interpolated" | "extrapolated" {
  if (doubtful) return "extrapolated"
  if (points.has(point)) return "measured"
  return points.spans(point) ? "interpolated" : "extrapolated"
}
