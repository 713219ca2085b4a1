import type { SampleOutcome } from "../../estimation/sample.ts"
import type { Column, Field } from "./csv-columns.ts"
import { instantOf } from "./imported-row.ts"
import { shown } from "./report-text.ts"

/** Words for how an invocation ended. */
export const OUTCOMES: Readonly<Record<string, SampleOutcome>> = {
  ok: "ok",
  success: "ok",
  succeeded: "ok",
  "200": "ok",
  error: "error",
  failed: "error",
  failure: "error",
  timeout: "timeout",
  "timed-out": "timeout",
  oom: "out-of-memory",
  "out-of-memory": "out-of-memory",
  out_of_memory: "out-of-memory",
}

/** Words for a cold start and a warm one. */
export const COLD: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  cold: true,
  false: false,
  "0": false,
  no: false,
  warm: false,
}

/** The reason why a cell is none, on its way out of the reading of a row. */
export class BadCell extends Error {}

/** One row of a table, its cells read by what their columns hold. Whatever cannot be read throws a BadCell. */
export class CsvRow {
  readonly #columns: ReadonlyMap<Field, Column>
  readonly #cells: readonly string[]

  constructor(columns: ReadonlyMap<Field, Column>, cells: readonly string[]) {
    this.#columns = columns
    this.#cells = cells
  }

  /** Null for a column that is not there and for an empty cell. */
  text(field: Field): string | null {
    const column = this.#columns.get(field)
    const text = column === undefined ? "" : (this.#cells[column.index] ?? "").trim()
    return text === "" ? null : text
  }

  /** In ms, MB or as counted. */
  number(field: Field): number | null {
    const text = this.text(field)
    if (text === null) return null
    const { header, factor } = this.#columns.get(field)!
    if (!/^\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,2})?$/.test(text)) throw new BadCell(`${header} is ${shown(text)}`)
    const value = Number(text)
    // 128 MB come back from Logs Insights as 1.28E8 bytes.
    return factor === null ? value : Number((value * factor).toPrecision(15))
  }

  /** One of the words, whatever its case. */
  word<T>(field: Field, words: Readonly<Record<string, T>>): T | null {
    const text = this.text(field)
    if (text === null) return null
    const known = text.toLowerCase()
    if (!Object.hasOwn(words, known))
      throw new BadCell(
        `${this.#columns.get(field)!.header} is ${shown(text)}, not one of ${Object.keys(words).join(", ")}`,
      )
    return words[known]!
  }

  /** The row's time, ms since 1970; a bare number without a unit is none. */
  instant(): number | null {
    const text = this.text("at")
    if (text === null) return null
    const { header, factor } = this.#columns.get("at")!
    const iso = instantOf(text)
    if (iso !== null) return iso
    if (factor === null && /^[\d.]+$/.test(text))
      throw new BadCell(`${header} is a number without a unit; name the column at_ms or at_s`)
    return this.number("at") ?? null
  }
}
