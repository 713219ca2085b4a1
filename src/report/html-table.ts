import { h } from "./h.ts"
import type { Child, VNode } from "./h.ts"

/** One column of a table on a page. The first column names the row. */
export interface HtmlColumn<Row> {
  readonly header: string
  readonly cell: (row: Row) => Child
  readonly align?: "left" | "right"
}

export interface HtmlTableOptions<Row> {
  /** What the table is, for a screen reader and for whoever scrolls. */
  readonly label: string
  readonly columns: readonly HtmlColumn<Row>[]
  readonly rows: readonly Row[]
  /** A last row of sums, one cell a column. */
  readonly footer?: readonly Child[]
}

/** A table that scrolls sideways by itself when the page is too narrow for it. */
export function htmlTable<Row>(options: HtmlTableOptions<Row>): VNode {
  const { columns, rows, footer } = options
  const classOf = (column: HtmlColumn<Row> | undefined): string | undefined =>
    column?.align === "right" ? "right" : undefined
  const cell = (content: Child, i: number): VNode =>
    i === 0 ? h("th", { scope: "row" }, content) : h("td", { class: classOf(columns[i]) }, content)
  const head = columns.map((column) => h("th", { scope: "col", class: classOf(column) }, column.header))
  const body = rows.map((row) => h("tr", {}, ...columns.map((column, i) => cell(column.cell(row), i))))
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": options.label },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...head)),
      h("tbody", {}, ...body),
      footer === undefined ? null : h("tfoot", {}, h("tr", {}, ...footer.map(cell))),
    ),
  )
}

/** A cell with a second, quieter line. */
export function twoLines(first: Child, second: Child): Child {
  return h("span", {}, first, h("span", { class: "sub" }, second))
}
