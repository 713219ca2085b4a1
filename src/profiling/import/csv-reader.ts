import { cellsOf, columnOf, delimiterOf, type Column, type Field } from "./csv-columns.ts"
import { BadCell, COLD, CsvRow, OUTCOMES } from "./csv-row.ts"
import {
  contentIds,
  sampleOfFigures,
  type Figures,
  type ImportContext,
  type ImportedRow,
  type RowReader,
} from "./imported-row.ts"

/**
 * Reads a CSV file with a header: one invocation, or one mean of several, a row. A cell that is not understood makes
 * its row a bad one; a column that is not understood is named in the notes; without memory or a time no row is good.
 */
export function csvReader(context: ImportContext): RowReader {
  let count = 0
  let table: Table | null = null
  let broken = false
  return {
    line: (text) => {
      count += 1
      if (text.trim() === "" || broken) return []
      if (table !== null) return [table.row(text, String(count))]
      const opened = openTable(text, context)
      if (opened instanceof Table) {
        table = opened
        return []
      }
      broken = true
      return [{ kind: "bad", at: String(count), reason: opened }]
    },
    end: () => [],
    notes: () => table?.notes() ?? [],
  }
}

/** True for a header that names at least a memory size and a time. */
export function isCsvHeader(line: string): boolean {
  const cells = cellsOf(line.replace(/^\uFEFF/, ""), delimiterOf(line)) ?? []
  const fields = new Set(cells.map((header, index) => columnOf(header, index)?.field))
  return fields.has("duration") && (fields.has("memory") || fields.size > 2)
}

function openTable(header: string, context: ImportContext): Table | string {
  const text = header.replace(/^\uFEFF/, "")
  const delimiter = delimiterOf(text)
  const headers = cellsOf(text, delimiter)
  if (headers === null) return "a quote of the header stays open"
  const columns = new Map<Field, Column>()
  const unknown: string[] = []
  for (const [index, name] of headers.entries()) {
    const column = columnOf(name, index)
    if (column === null) unknown.push(name.trim())
    else if (columns.has(column.field))
      return `columns ${columns.get(column.field)!.header} and ${column.header} both say ${column.field}; leave one out`
    else columns.set(column.field, column)
  }
  if (!columns.has("duration") && !columns.has("compute")) return "no column says the time: name one duration_ms"
  if (!columns.has("memory") && context.memoryMB === null)
    return "no column says the memory: name one memory_mb, or give --memory"
  return new Table({ columns, unknown, delimiter, width: headers.length, context })
}

interface TableOptions {
  readonly columns: ReadonlyMap<Field, Column>
  readonly unknown: readonly string[]
  readonly delimiter: string
  readonly width: number
  readonly context: ImportContext
}

class Table {
  readonly #options: TableOptions
  readonly #idOf = contentIds("csv")
  readonly #mean: boolean

  constructor(options: TableOptions) {
    this.#options = options
    const { columns, context } = options
    this.#mean =
      context.runs !== null ||
      columns.has("runs") ||
      [...columns.values()].some((column) => column.mean && TIMES.has(column.field))
  }

  row(line: string, at: string): ImportedRow {
    const { columns, delimiter, width, context } = this.#options
    const cells = cellsOf(line, delimiter)
    if (cells === null) return { kind: "bad", at, reason: "a quote is not closed, or stands inside a cell" }
    if (cells.length !== width) return { kind: "bad", at, reason: `${cells.length} cells, but the header has ${width}` }
    const row = new CsvRow(columns, cells)
    try {
      const figures = this.#figures(row)
      const functionName = row.text("function")
      const { atMs, ...rest } = figures
      // Without a time of its own the row's time is the file's, which says nothing about the row.
      const dated = row.text("at") === null ? {} : { atMs }
      const id = row.text("id") ?? this.#idOf(JSON.stringify({ functionName, ...rest, ...dated }))
      const made = sampleOfFigures(figures, { id, source: "import", enforced: "imported", context })
      if ("reason" in made) return { kind: "bad", at, reason: made.reason }
      return { kind: "sample", at, functionName, sample: made.sample, full: false }
    } catch (error) {
      if (error instanceof BadCell) return { kind: "bad", at, reason: error.message }
      throw error
    }
  }

  notes(): readonly string[] {
    const { columns, unknown } = this.#options
    const guessed = [...columns.values()].filter(({ field, factor }) => factor === null && field in UNIT_WORDS)
    return [
      ...(unknown.length > 0 ? [`columns not used: ${unknown.join(", ")}`] : []),
      ...guessed.map(({ field, header }) => `column ${header} names no unit: read as ${UNIT_WORDS[field]}`),
      ...(columns.has("compute")
        ? []
        : ["rows do not tell download and upload apart: the whole time counts as compute"]),
      ...(columns.has("at") ? [] : ["rows have no time: dated by the file"]),
      ...(this.#mean ? ["rows are means of several runs: they place the curve and say nothing about its spread"] : []),
    ]
  }

  #figures(row: CsvRow): Figures {
    const { columns, context } = this.#options
    const maxMemoryUsedMB = row.number("maxMemoryUsed") ?? 0
    const initMs = row.number("init") ?? 0
    const compute = row.number("compute")
    const downloadMs = row.number("download") ?? 0
    const uploadMs = row.number("upload") ?? 0
    const phases = compute === null ? null : { downloadMs, computeMs: compute, uploadMs }
    const whole = compute === null ? null : downloadMs + compute + uploadMs
    const durationMs = row.number("duration") ?? whole
    if (durationMs === null) throw new BadCell(`${columns.get("duration")?.header ?? "duration"} is empty`)
    if (whole !== null && whole > 1.01 * durationMs + 1)
      throw new BadCell(`the parts take ${whole} ms, more than the duration of ${durationMs} ms`)
    const memoryMB = row.number("memory") ?? context.memoryMB
    if (memoryMB === null) throw new BadCell(`${columns.get("memory")?.header ?? "memory"} is empty`)
    return {
      atMs: row.instant() ?? context.fileMs,
      memoryMB,
      durationMs,
      initMs,
      billedMs: row.number("billed"),
      maxMemoryUsedMB,
      tasks: row.number("tasks") ?? context.tasks,
      processes: row.number("processes") ?? context.processes,
      cold: row.word("cold", COLD) ?? initMs > 0,
      outcome: row.word("outcome", OUTCOMES) ?? "ok",
      phases,
      runs: this.#runs(row),
    }
  }

  #runs(row: CsvRow): number | null {
    if (!this.#mean) return null
    const runs = row.number("runs") ?? this.#options.context.runs ?? 1
    if (!Number.isInteger(runs) || runs < 1) throw new BadCell(`runs is ${runs}`)
    return runs
  }
}

const TIMES: ReadonlySet<Field> = new Set(["duration", "compute", "download", "upload", "billed", "init"])

const UNIT_WORDS: Readonly<Partial<Record<Field, string>>> = {
  memory: "MB",
  maxMemoryUsed: "MB",
  duration: "ms",
  download: "ms",
  compute: "ms",
  upload: "ms",
  init: "ms",
  billed: "ms",
}
