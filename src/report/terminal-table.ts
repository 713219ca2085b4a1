import { printable } from "../base/logger.ts"
import { displayWidth, pad, truncate, wrapText } from "./display-width.ts"
import type { Paint, Style } from "./terminal-style.ts"

/** One column of a table for terminals. */
export interface Column<Row> {
  readonly header: string
  /** Text of a cell; control characters in it become visible. */
  readonly cell: (row: Row) => string
  /** Numbers go right. Default `left`. */
  readonly align?: "left" | "right"
  /** When the table is too wide all columns with the highest number go first; 0, the default, always stays. */
  readonly dropOrder?: number
  /** The column may be broken into lines down to this many cells, before any column goes. */
  readonly wrapTo?: number
  readonly style?: (row: Row) => Style | undefined
}

export interface TerminalTableOptions<Row> {
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Cells that a line may take. */
  readonly width: number
  /** `plain` from `terminalPaint`, or colours. */
  readonly paint: Paint
}

interface Sized<Row> {
  readonly column: Column<Row>
  readonly texts: readonly string[]
  readonly width: number
}

const GAP = "  "

/**
 * An aligned table, at most `width` cells wide: first the columns that can wrap get narrower, then the least
 * important ones are left out, at last the first column is cut.
 */
export function terminalTable<Row>(options: TerminalTableOptions<Row>): string {
  const { rows, paint } = options
  const sized = fit(
    options.columns.map((column) => sizeOf(column, rows)),
    options.width,
  )
  const header = sized.map(({ column, width }) => paint("faint", pad(column.header, width, column.align ?? "left")))
  return [header.join(GAP).trimEnd(), ...rows.flatMap((row, i) => rowLines(row, i, sized, paint))].join("\n")
}

function sizeOf<Row>(column: Column<Row>, rows: readonly Row[]): Sized<Row> {
  const texts = rows.map((row) => printable(column.cell(row)))
  return { column, texts, width: Math.max(displayWidth(column.header), ...texts.map(displayWidth)) }
}

function fit<Row>(columns: readonly Sized<Row>[], width: number): readonly Sized<Row>[] {
  let sized = columns
  while (true) {
    const narrowed = narrow(sized, width)
    if (totalWidth(narrowed) <= width) return narrowed
    const worst = Math.max(...sized.map(({ column }) => column.dropOrder ?? 0))
    if (worst === 0) return cutFirst(narrowed, width)
    sized = sized.filter(({ column }) => column.dropOrder !== worst)
  }
}

function narrow<Row>(sized: readonly Sized<Row>[], width: number): readonly Sized<Row>[] {
  let excess = totalWidth(sized) - width
  return sized.map((item) => {
    const least = Math.max(item.column.wrapTo ?? item.width, displayWidth(item.column.header))
    const cut = Math.max(0, Math.min(excess, item.width - least))
    excess -= cut
    return cut === 0 ? item : { ...item, width: item.width - cut }
  })
}

function cutFirst<Row>(sized: readonly Sized<Row>[], width: number): readonly Sized<Row>[] {
  const excess = totalWidth(sized) - width
  return sized.map((item, i) => (i === 0 ? { ...item, width: Math.max(4, item.width - excess) } : item))
}

function totalWidth(sized: readonly { readonly width: number }[]): number {
  return sized.reduce((sum, { width }) => sum + width, 0) + GAP.length * Math.max(0, sized.length - 1)
}

function rowLines<Row>(row: Row, index: number, sized: readonly Sized<Row>[], paint: Paint): string[] {
  const cells = sized.map(({ column, texts, width }) => {
    const text = texts[index] ?? ""
    const whole = column.wrapTo === undefined || displayWidth(text) <= width
    return whole ? [truncate(text, width)] : wrapText(text, width)
  })
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    sized
      .map(({ column, width }, i) => {
        const padded = pad(cells[i]?.[line] ?? "", width, column.align ?? "left")
        const style = column.style?.(row)
        return style === undefined ? padded : paint(style, padded)
      })
      .join(GAP)
      .trimEnd(),
  )
}
