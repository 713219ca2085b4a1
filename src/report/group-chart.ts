import { type ChartAxis, type ChartMark } from "./curve.ts"
import { curveLegend, legendHeight } from "./curve-legend.ts"
import { type PlacedAxis, placeAxis } from "./curve-scale.ts"
import { h, type VNode } from "./h.ts"
import { figure, label, round } from "./svg.ts"
import { textWidth } from "./text-width.ts"
import { paintOf, SERIES_COLOURS } from "./theme.ts"

/** Quartiles with the ends of the whiskers. */
export interface Box {
  readonly low: number
  readonly q1: number
  readonly middle: number
  readonly q3: number
  readonly high: number
}

/** What stands over one group: the height of a bar, a box, a range that was claimed, or nothing. */
export type GroupValue = number | Box | readonly [from: number, to: number] | null

export interface GroupSeries {
  readonly name: string
  /** By group. */
  readonly values: readonly GroupValue[]
  /** A name of the theme; the next of the series' colours where absent. */
  readonly colour?: string
}

export interface GroupChartOptions {
  /** Unique in the page. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly groups: readonly string[]
  readonly series: readonly GroupSeries[]
  readonly y: ChartAxis
  readonly marks?: readonly ChartMark[]
  readonly width?: number
  readonly height?: number
}

interface Plot {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly y: PlacedAxis
  readonly zero: number
}

/** Bars, boxes and ranges of several series side by side in groups. */
export function groupChart(options: GroupChartOptions): VNode {
  const { width = 720, height = 360, series, groups, marks = [] } = options
  const colours = series.map(({ colour }, i) => colour ?? SERIES_COLOURS[i % SERIES_COLOURS.length] ?? "text")
  const named = series.map(({ name }) => ({ name, points: [] }))
  const plot = layout(options, { width, height, legend: legendHeight(named, width) })
  const slot = (plot.right - plot.left) / groups.length
  const place = (group: number, at: number): { readonly x: number; readonly width: number } => {
    const each = (slot * 0.84) / series.length
    return { x: plot.left + slot * (group + 0.08) + each * at, width: each }
  }
  return figure(
    { id: options.id, title: options.title, description: options.description, width, height },
    h("rect", { x: 0, y: 0, width, height, fill: paintOf("surface") }),
    curveLegend(named, { colours, width }),
    ...grid(options, plot),
    ...groups.map((group, i) =>
      label(plot.left + slot * (i + 0.5), plot.bottom + 17, group, { "text-anchor": "middle", class: "small" }),
    ),
    ...series.flatMap(({ values, name }, s) =>
      values.map((value, g) =>
        shape(value, { plot, ...place(g, s), colour: colours[s]!, note: `${name}, ${groups[g]}` }),
      ),
    ),
    ...marks.map((mark) => limit(mark, plot)),
  )
}

function layout(
  options: GroupChartOptions,
  size: { readonly width: number; readonly height: number; readonly legend: number },
): Plot {
  const values = options.series.flatMap((one) => one.values.flatMap(numbersOf))
  const marked = (options.marks ?? []).map((mark) => mark.at)
  const [top, bottom] = [34 + size.legend, size.height - 30]
  const y = placeAxis({ axis: options.y, values: [...values, ...marked], range: [bottom, top], wantedTicks: 6 })
  const left = 18 + Math.max(24, ...y.ticks.map(({ text }) => textWidth(text, 11)))
  const zero = options.y.scale === "log" ? bottom : Math.min(bottom, Math.max(top, y.at(0)))
  return { left, right: size.width - 14, top, bottom, y, zero }
}

function numbersOf(value: GroupValue): number[] {
  if (value === null) return []
  if (typeof value === "number") return [value]
  return "middle" in value ? [value.low, value.high] : [...value]
}

function grid({ y }: GroupChartOptions, plot: Plot): VNode[] {
  // Ticks that were asked for may lie beyond the values.
  const isInside = (at: number): boolean => at >= plot.top - 1 && at <= plot.bottom + 1
  const ticks = plot.y.ticks.filter(({ value }) => isInside(plot.y.at(value)))
  return [
    h(
      "g",
      { class: "muted small num" },
      ...ticks.flatMap(({ value, text }) => {
        const at = round(plot.y.at(value))
        return [
          h("line", { x1: round(plot.left), x2: plot.right, y1: at, y2: at, stroke: paintOf("grid") }),
          label(plot.left - 8, at + 4, text, { "text-anchor": "end" }),
        ]
      }),
    ),
    h("line", { x1: round(plot.left), x2: plot.right, y1: plot.zero, y2: plot.zero, stroke: paintOf("line") }),
    label(8, plot.top - 14, y.label, { class: "muted small" }),
  ]
}

interface Slot {
  readonly plot: Plot
  readonly x: number
  readonly width: number
  readonly colour: string
  readonly note: string
}

function shape(value: GroupValue, slot: Slot): VNode | null {
  if (value === null) return null
  if (typeof value === "number") return bar(value, slot)
  return "middle" in value ? box(value, slot) : range(value, slot)
}

function bar(value: number, { plot, x, width, colour, note }: Slot): VNode {
  const at = plot.y.at(value)
  return h(
    "rect",
    {
      x: round(x + width * 0.08),
      width: round(width * 0.84),
      y: round(Math.min(at, plot.zero)),
      height: round(Math.max(1, Math.abs(plot.zero - at))),
      fill: paintOf(colour),
    },
    h("title", {}, `${note}: ${Number(value.toPrecision(4))}`),
  )
}

function box(value: Box, { plot, x, width, colour, note }: Slot): VNode {
  const at = plot.y.at
  const [from, to, centre] = [x + width * 0.14, x + width * 0.86, x + width / 2]
  const stroke = paintOf(colour)
  return h(
    "g",
    {},
    h(
      "title",
      {},
      `${note}: ${Number(value.middle.toPrecision(4))} (${Number(value.q1.toPrecision(4))} to ${Number(value.q3.toPrecision(4))})`,
    ),
    h("path", { d: `M${round(centre)} ${round(at(value.low))}V${round(at(value.high))}`, stroke }),
    h("rect", {
      x: round(from),
      width: round(to - from),
      y: round(at(value.q3)),
      height: round(Math.max(1, at(value.q1) - at(value.q3))),
      fill: stroke,
      "fill-opacity": 0.55,
      stroke,
    }),
    h("path", {
      d: `M${round(from)} ${round(at(value.middle))}H${round(to)}`,
      stroke: paintOf("text"),
      "stroke-width": 2,
    }),
  )
}

/** What somebody claimed: a span, or a line where both ends are equal. */
function range([from, to]: readonly [number, number], { plot, x, width, colour, note }: Slot): VNode {
  const [high, low] = [plot.y.at(Math.max(from, to)), plot.y.at(Math.min(from, to))]
  return h(
    "rect",
    {
      x: round(x + width * 0.08),
      width: round(width * 0.84),
      y: round(high - 1.5),
      height: round(low - high + 3),
      fill: paintOf(colour),
      "fill-opacity": 0.85,
    },
    h("title", {}, `${note}: ${from === to ? from : `${from} to ${to}`}`),
  )
}

function limit(mark: ChartMark, plot: Plot): VNode {
  const y = round(plot.y.at(mark.at))
  const tone = mark.tone ?? "bad"
  return h(
    "g",
    {},
    h("path", { d: `M${round(plot.left)} ${y}H${plot.right}`, stroke: paintOf(tone), "stroke-dasharray": "5 3" }),
    label(plot.right - 2, y - 5, mark.label, { class: `small ${tone}`, "text-anchor": "end" }),
  )
}
