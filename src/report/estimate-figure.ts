import { formatMs } from "../base/format.ts"
import { curveChart, type ChartAxis, type ChartMark, type ChartPoint, type ChartSeries } from "./curve.ts"
import { leastOf, type EstimateCurve, type EstimatePoint } from "./estimate-curve.ts"
import { estimateHeadline } from "./estimate-table.ts"
import { h, type VNode } from "./h.ts"
import { count, formatPercentile, shortMs, shortUsd } from "./numbers.ts"
import { figure, label } from "./svg.ts"
import { paintOf } from "./theme.ts"

/** Size of one panel, px. */
const PANEL = { width: 560, height: 330 }
const HEAD = 44
/** A single run costs too little to be read. */
const MILLION = 1e6
const MARGIN = 12

/**
 * Time and cost over memory side by side, a row a step: the median with its P5-P95 band, the asked percentile, what
 * was measured as points, and the cheapest and the fastest size.
 */
export function estimateFigure(curves: readonly EstimateCurve[]): VNode {
  const rowHeight = HEAD + PANEL.height + MARGIN
  const width = 2 * PANEL.width + 3 * MARGIN
  const height = Math.max(1, curves.length) * rowHeight + MARGIN
  return figure(
    {
      id: "estimate",
      title: `Estimates over memory: ${curves.map((curve) => curve.step).join(", ")}`,
      description: curves.map(summary).join(" "),
      width,
      height,
    },
    h("rect", { x: 0, y: 0, width, height, fill: paintOf("surface") }),
    ...curves.flatMap((curve, row) => {
      const top = row * rowHeight + MARGIN
      return [
        label(MARGIN + 8, top + 22, estimateHeadline(curve), { class: "strong" }),
        moved(timeChart(curve, row), { x: MARGIN, y: top + HEAD - 8 }),
        moved(costChart(curve, row), { x: 2 * MARGIN + PANEL.width, y: top + HEAD - 8 }),
      ]
    }),
  )
}

function summary(curve: EstimateCurve): string {
  const runs = curve.points.filter((point) => point.blocked === null)
  const first = runs[0]
  const last = runs.at(-1)
  if (first === undefined || last === undefined) return `${curve.step}: no size can run.`
  return `${curve.step}: from ${formatMs(first.medianMs)} at ${first.memoryMB} MB to ${formatMs(last.medianMs)} at ${last.memoryMB} MB.`
}

function moved(svg: VNode, { x, y }: { readonly x: number; readonly y: number }): VNode {
  return h("g", { transform: `translate(${x} ${y})` }, svg)
}

function timeChart(curve: EstimateCurve, row: number): VNode {
  const runs = curve.points.filter((point) => point.blocked === null)
  return curveChart({
    id: `estimate-time-${row}`,
    title: `${curve.step}: time over memory`,
    description: `Median, P5 to P95 and ${formatPercentile(curve.percentile)} of the step's time by memory size.`,
    ...PANEL,
    x: memoryAxis(curve.points),
    y: { ...timeAxis(runs, curve), format: shortMs },
    series: [
      { name: "median, band p5-p95", points: runs.map(timePoint) },
      { name: formatPercentile(curve.percentile), points: runs.map((one) => ({ x: one.memoryMB, y: one.upperMs })) },
      ...measuredSeries(curve, (one) => one.medianMs, shortMs),
    ],
    marks: marksOf(curve, "fastest"),
  })
}

function costChart(curve: EstimateCurve, row: number): VNode {
  const runs = curve.points.filter((point) => point.blocked === null)
  const measured = measuredSeries(curve, (one) => MILLION * one.medianCostUsd, shortUsd)
  return curveChart({
    id: `estimate-cost-${row}`,
    title: `${curve.step}: cost over memory`,
    description:
      "Mean cost of a million runs of the step by memory size, with a band of 1.645 standard deviations of one run.",
    ...PANEL,
    x: memoryAxis(curve.points),
    y: { label: "cost of a million runs of the step", format: shortUsd },
    series: [
      {
        name: "mean, band p5-p95",
        points: runs.map(({ memoryMB, meanCostUsd, lowCostUsd, highCostUsd }) => ({
          x: memoryMB,
          y: MILLION * meanCostUsd,
          low: MILLION * lowCostUsd,
          high: MILLION * highCostUsd,
        })),
      },
      ...measured,
    ],
    marks: marksOf(curve, "cheapest"),
  })
}

function timePoint({ memoryMB, medianMs, lowMs, highMs }: EstimatePoint): ChartPoint {
  return { x: memoryMB, y: medianMs, low: lowMs, high: highMs }
}

/** Sizes that people know, as far as the axis reaches. */
const SIZES = [128, 256, 512, 1024, 1769, 3008, 5120, 10_240]

function memoryAxis(points: readonly EstimatePoint[]): ChartAxis {
  const [from = 128, to = 10_240] = [points[0]?.memoryMB, points.at(-1)?.memoryMB]
  const inside = SIZES.filter((size) => size >= from && size <= to)
  return {
    label: "memory, MB",
    scale: "log",
    format: (value) => value.toLocaleString("en-US"),
    ...(inside.length >= 3 ? { ticks: inside } : {}),
  }
}

/** Times over more than a decade and a half are read on a logarithmic axis. */
function timeAxis(runs: readonly EstimatePoint[], curve: EstimateCurve): ChartAxis {
  const values = [...runs.flatMap(({ lowMs, highMs }) => [lowMs, highMs]), ...curve.measured.map((one) => one.medianMs)]
  const log = values.length > 0 && Math.max(...values) > 30 * Math.min(...values)
  return { label: "time of the step", ...(log ? { scale: "log" as const } : {}) }
}

function measuredSeries(
  curve: EstimateCurve,
  value: (cell: EstimateCurve["measured"][number]) => number,
  format: (value: number) => string,
): readonly ChartSeries[] {
  // One instance's figures stand for the step only where it has one.
  if (curve.measured.length === 0 || curve.instances > 1) return []
  const points = curve.measured.map((cell) => ({
    x: cell.memoryMB,
    y: value(cell),
    note: `${cell.memoryMB} MB: ${format(value(cell))}, median of ${count(cell.samples, cell.means ? "mean" : "sample")}`,
  }))
  return [{ name: "measured, median", points, look: "points", colour: "series-3" }]
}

function marksOf(curve: EstimateCurve, which: "fastest" | "cheapest"): readonly ChartMark[] {
  if (curve.points.length < 2) return []
  const index = leastOf(curve.points, (point) => (which === "fastest" ? point.medianMs : point.meanCostUsd))
  const at = curve.points[index]?.memoryMB
  return at === undefined ? [] : [{ axis: "x", at, label: `${which}: ${at.toLocaleString("en-US")} MB`, tone: "muted" }]
}
