import { area, curveStepAfter, line } from "d3-shape"
import { curveLegend, legendHeight } from "./curve-legend.ts"
import { chartExtents, placeAxis } from "./curve-scale.ts"
import type { PlacedAxis } from "./curve-scale.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { figure, label, round } from "./svg.ts"
import { textWidth } from "./text-width.ts"
import { paintOf, SERIES_COLOURS } from "./theme.ts"

/** A point of a series; `low` and `high` span its band. */
export interface ChartPoint {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
  /** Shown when one points at it. */
  readonly note?: string
}

export interface ChartSeries {
  readonly name: string
  readonly points: readonly ChartPoint[]
  /** `steps` hold a value until the next point, as a frontier does. Default `line`. */
  readonly look?: "line" | "points" | "line and points" | "steps"
  /** A name of the theme; default: the next of the series' colours. */
  readonly colour?: string
}

export interface ChartAxis {
  /** With its unit: `latency, s`. */
  readonly label: string
  readonly scale?: "linear" | "log"
  readonly format?: (value: number) => string
  readonly from?: number
  readonly to?: number
  /** Values to write; found by themselves where absent. */
  readonly ticks?: readonly number[]
}

/** A straight line across the chart: an SLO, a budget. */
export interface ChartMark {
  readonly axis: "x" | "y"
  readonly at: number
  readonly label: string
  /** Default `bad`: a limit. */
  readonly tone?: "bad" | "good" | "muted"
}

export interface ChartOptions {
  /** Unique in the page. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly x: ChartAxis
  readonly y: ChartAxis
  readonly series: readonly ChartSeries[]
  readonly marks?: readonly ChartMark[]
  readonly width?: number
  readonly height?: number
}

/** The plot inside the margins, px. */
interface Plot {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly x: PlacedAxis
  readonly y: PlacedAxis
}

/** Lines with bands on two axes: estimates with their spread, a frontier with the goal, an error over sizes. */
export function curveChart(options: ChartOptions): VNode {
  const { width = 640, height = 360, series, marks = [] } = options
  const plot = layout(options, { width, height })
  const colours = series.map(({ colour }, i) => colour ?? SERIES_COLOURS[i % SERIES_COLOURS.length] ?? "text")
  return figure(
    { id: options.id, title: options.title, description: options.description, width, height },
    curveLegend(series, { colours, width }),
    ...grid(options, plot),
    ...series.map((one, i) => band(one, plot, colours[i] ?? "text")),
    ...series.map((one, i) => curve(one, plot, colours[i] ?? "text")),
    ...marks.map((mark) => markLine(mark, plot)),
  )
}

function layout(options: ChartOptions, size: { readonly width: number; readonly height: number }): Plot {
  const extents = chartExtents(options.series, options.marks ?? [])
  const top = 30 + legendHeight(options.series, size.width)
  const bottom = size.height - 44
  const y = placeAxis({ axis: options.y, values: extents.y, range: [bottom, top], wantedTicks: 5 })
  const left = 16 + Math.max(24, ...y.ticks.map(({ text }) => textWidth(text, 11)))
  const right = size.width - 20
  const x = placeAxis({ axis: options.x, values: extents.x, range: [left, right], wantedTicks: 7 })
  return { left, right, top, bottom, x, y }
}

function grid(options: ChartOptions, plot: Plot): readonly VNode[] {
  const stroke = paintOf("grid")
  return [
    h(
      "g",
      { class: "muted small num" },
      ...plot.y.ticks.flatMap(({ value, text }) => {
        const y = round(plot.y.at(value))
        return [
          h("line", { x1: round(plot.left), x2: plot.right, y1: y, y2: y, stroke }),
          label(plot.left - 8, y + 4, text, { "text-anchor": "end" }),
        ]
      }),
      ...withoutOverlap(plot).flatMap(({ value, text }) => {
        const x = round(plot.x.at(value))
        return [
          h("line", { x1: x, x2: x, y1: plot.bottom, y2: plot.bottom + 4, stroke: paintOf("line") }),
          label(x, plot.bottom + 17, text, { "text-anchor": "middle" }),
        ]
      }),
    ),
    h("line", { x1: round(plot.left), x2: plot.right, y1: plot.bottom, y2: plot.bottom, stroke: paintOf("line") }),
    label(8, plot.top - 14, options.y.label, { class: "muted small" }),
    label(plot.right, plot.bottom + 36, options.x.label, { class: "muted small", "text-anchor": "end" }),
  ]
}

/** The values of the horizontal axis, less those whose text would run into the one before. */
function withoutOverlap({ x }: Plot): PlacedAxis["ticks"] {
  let free = Number.NEGATIVE_INFINITY
  return x.ticks.filter(({ value, text }) => {
    const half = textWidth(text, 11) / 2
    if (x.at(value) - half < free) return false
    free = x.at(value) + half + 6
    return true
  })
}

function band(series: ChartSeries, plot: Plot, colour: string): VNode | null {
  const spread = series.points.filter((point) => point.low !== undefined && point.high !== undefined)
  if (spread.length < 2) return null
  const shape = area<ChartPoint>()
    .x((point) => plot.x.at(point.x))
    .y0((point) => plot.y.at(point.low ?? point.y))
    .y1((point) => plot.y.at(point.high ?? point.y))
    .digits(2)
  return h("path", { d: shape(spread) ?? "", fill: paintOf(colour), "fill-opacity": 0.16 })
}

function curve(series: ChartSeries, plot: Plot, colour: string): VNode {
  const look = series.look ?? "line"
  const shape = line<ChartPoint>()
    .x((point) => plot.x.at(point.x))
    .y((point) => plot.y.at(point.y))
    .digits(2)
  if (look === "steps") shape.curve(curveStepAfter)
  const path = h("path", {
    d: shape([...series.points]) ?? "",
    fill: "none",
    stroke: paintOf(colour),
    "stroke-width": 2,
    "stroke-linejoin": "round",
  })
  const dots = series.points.map((point) =>
    dot(point, plot, { colour, name: series.name, size: look === "points" ? 4.5 : 3 }),
  )
  return h(
    "g",
    { class: "series" },
    look === "points" || series.points.length === 0 ? null : path,
    ...(look.includes("points") ? dots : []),
  )
}

function dot(
  point: ChartPoint,
  plot: Plot,
  look: { readonly colour: string; readonly name: string; readonly size: number },
): VNode {
  return h(
    "circle",
    {
      cx: round(plot.x.at(point.x)),
      cy: round(plot.y.at(point.y)),
      r: look.size,
      fill: paintOf(look.colour),
      stroke: paintOf("surface"),
    },
    h("title", {}, point.note ?? `${look.name}: ${point.x}, ${point.y}`),
  )
}

function markLine(mark: ChartMark, plot: Plot): VNode {
  const tone = mark.tone ?? "bad"
  const stroke = paintOf(tone)
  if (mark.axis === "y") {
    const y = round(plot.y.at(mark.at))
    const text = label(plot.right - 2, y - 5, mark.label, { class: `small ${tone}`, "text-anchor": "end" })
    return h(
      "g",
      {},
      h("path", { d: `M${round(plot.left)} ${y}H${plot.right}`, stroke, "stroke-dasharray": "5 3" }),
      text,
    )
  }
  const x = round(plot.x.at(mark.at))
  // The text stands on the side that has room.
  const anchor = x > (plot.left + plot.right) / 2 ? "end" : "start"
  const text = label(x + (anchor === "end" ? -5 : 5), plot.top + 9, mark.label, {
    class: `small ${tone}`,
    "text-anchor": anchor,
  })
  return h("g", {}, h("path", { d: `M${x} ${plot.top}V${plot.bottom}`, stroke, "stroke-dasharray": "5 3" }), text)
}
