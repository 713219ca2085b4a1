import { h, type VNode } from "./h.ts"
import { figure, label } from "./svg.ts"
import { textWidth } from "./text-width.ts"
import { paintOf } from "./theme.ts"

/** A chart of a sheet with the size that it was made with. */
export interface SheetChart {
  readonly heading: string
  readonly chart: VNode
  readonly width: number
  readonly height: number
}

export interface SheetOptions {
  readonly id: string
  readonly title: string
  /** What is seen, and how it was made: lines under the title. */
  readonly notes: readonly string[]
  readonly charts: readonly SheetChart[]
  readonly columns: number
}

const MARGIN = 16
const HEADING = 22
const LINE = 17

/** Several charts under one title as one picture. */
export function figureSheet({ id, title, notes, charts, columns }: SheetOptions): VNode {
  const wide = Math.max(...charts.map((chart) => chart.width))
  const high = Math.max(...charts.map((chart) => chart.height)) + HEADING
  const rows = Math.ceil(charts.length / columns)
  const texts = notes.map((note) => textWidth(note, 11))
  const width = Math.max(
    Math.min(columns, charts.length) * (wide + MARGIN) + MARGIN,
    ...texts.map((px) => px + 2 * MARGIN),
  )
  const head = 36 + LINE * notes.length
  const height = head + rows * (high + MARGIN) + MARGIN
  return figure(
    { id, title, description: notes.join(" "), width, height },
    h("rect", { x: 0, y: 0, width, height, fill: paintOf("surface") }),
    label(MARGIN, 26, title, { class: "strong" }),
    ...notes.map((note, i) => label(MARGIN, 44 + LINE * i, note, { class: "muted small" })),
    ...charts.map(({ heading, chart }, i) => {
      const x = MARGIN + (i % columns) * (wide + MARGIN)
      const y = head + Math.floor(i / columns) * (high + MARGIN)
      return h(
        "g",
        { transform: `translate(${x} ${y})` },
        label(8, 14, heading, { class: "strong" }),
        h("g", { transform: `translate(0 ${HEADING})` }, chart),
      )
    }),
  )
}
