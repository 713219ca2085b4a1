import { formatMs } from "../base/format.ts"
import { leastOf, type EstimateCurve, type EstimatePoint } from "./estimate-curve.ts"
import { count, formatPercentile, usdFormatter } from "./numbers.ts"
import { terminalTable } from "./terminal-table.ts"
import { terminalPaint } from "./terminal-style.ts"

export interface EstimateTableOptions {
  readonly width: number
  readonly color: boolean
  /** Rows at most; the sizes in between stay in JSON and figure. */
  readonly maxRows: number
}

/** The curve as a table for terminals: a row a size, those that are cheapest, fastest or measured never left out. */
export function estimateTable(curve: EstimateCurve, options: EstimateTableOptions): string {
  const { points, measured } = curve
  const marks = new Map<number, string[]>()
  const mark = (index: number, text: string): void => {
    if (index >= 0) marks.set(index, [...(marks.get(index) ?? []), text])
  }
  if (points.length > 1) {
    mark(
      leastOf(points, (point) => point.meanCostUsd),
      "cheapest",
    )
    mark(
      leastOf(points, (point) => point.medianMs),
      "fastest",
    )
  }
  for (const [i, { memoryMB }] of points.entries()) {
    const cell = measured.find((one) => one.memoryMB === memoryMB)
    if (cell !== undefined)
      mark(i, `${count(cell.samples, cell.means ? "mean" : "sample")}: ${formatMs(cell.medianMs)}`)
  }
  const shown = rowsToShow(points, new Set(marks.keys()), options.maxRows)
  const usd = usdFormatter(shown.map((i) => points[i]!.meanCostUsd))
  const cell = (text: (point: EstimatePoint) => string) => (index: number) => text(points[index]!)
  return terminalTable({
    rows: shown,
    width: options.width,
    paint: terminalPaint({ color: options.color }),
    columns: [
      { header: "memory", cell: cell((point) => `${point.memoryMB.toLocaleString("en-US")} MB`), align: "right" },
      { header: "median", cell: cell((point) => formatMs(point.medianMs)), align: "right" },
      { header: formatPercentile(curve.percentile), cell: cell((point) => formatMs(point.upperMs)), align: "right" },
      { header: "p5 - p95", cell: cell(bandText), align: "right", dropOrder: 1 },
      { header: "cost", cell: cell((point) => usd(point.meanCostUsd)), align: "right" },
      {
        header: "rests on",
        wrapTo: 12,
        cell: cell((point) => (point.blocked === null ? point.support : `cannot run: ${point.blocked}`)),
        style: (index) => (points[index]!.blocked === null ? undefined : "bad"),
      },
      { header: "", cell: (index) => (marks.get(index) ?? []).join(", "), dropOrder: 2, style: () => "faint" },
    ],
  })
}

function bandText({ lowMs, highMs }: EstimatePoint): string {
  return `${formatMs(lowMs)} - ${formatMs(highMs)}`
}

/** `detect (function find): 8 tasks on 4 instances of 2 processes, warm`. */
export function estimateHeadline(curve: EstimateCurve): string {
  const { step, functionName, tasks, instances, processes, warm } = curve
  const work = `${count(tasks, "task")} on ${count(instances, "instance")} of ${processes} ${processes === 1 ? "process" : "processes"}`
  const starts = warm >= instances ? "warm" : warm === 0 ? "started cold" : `${warm} of them warm`
  return `${step} (function ${functionName}): ${work}, ${starts}`
}

/**
 * Which rows are shown: all of a short list; of a long one the marked ones, the ends, and sizes in between about
 * evenly spread over log memory.
 */
function rowsToShow(points: readonly EstimatePoint[], marked: ReadonlySet<number>, most: number): readonly number[] {
  if (points.length <= most) return points.map((_, i) => i)
  const chosen = new Set([0, points.length - 1, ...thinned([...marked], most - 2)])
  const [least, greatest] = [Math.log(points[0]!.memoryMB), Math.log(points.at(-1)!.memoryMB)]
  const free = most - chosen.size
  for (let k = 1; k <= free; k++) {
    const wanted = least + ((greatest - least) * k) / (free + 1)
    let best = 0
    for (const [i, { memoryMB }] of points.entries()) {
      if (Math.abs(Math.log(memoryMB) - wanted) < Math.abs(Math.log(points[best]!.memoryMB) - wanted)) best = i
    }
    chosen.add(best)
  }
  return [...chosen].sort((a, b) => a - b)
}

/** At most so many, the first ones kept (cheapest and fastest), the rest evenly. */
function thinned(indices: readonly number[], most: number): readonly number[] {
  if (indices.length <= most) return indices
  const kept = indices.slice(0, 2)
  const rest = indices.slice(2)
  const step = rest.length / (most - kept.length)
  return [...kept, ...Array.from({ length: most - kept.length }, (_, k) => rest[Math.floor(k * step)]!)]
}
