import type { ImportContext, ImportedRow, RowReader } from "../imported-row.ts"

/** A context in November 2026, with the defaults of the command. */
export const CONTEXT: ImportContext = {
  memoryMB: null,
  tasks: 1,
  processes: 1,
  runs: null,
  memoryRange: { min: 128, max: 10_240 },
  nowMs: Date.UTC(2026, 10, 20),
  fileMs: Date.UTC(2026, 10, 19),
}

/** All rows that a reader makes of a text. */
export function readRows(reader: RowReader, text: string): readonly ImportedRow[] {
  return [...text.split("\n").flatMap((line) => reader.line(line)), ...reader.end()]
}

export type SampleRow = Extract<ImportedRow, { kind: "sample" }>

export function samplesIn(rows: readonly ImportedRow[]): readonly SampleRow[] {
  return rows.filter((row) => row.kind === "sample")
}

export function reasonsIn(rows: readonly ImportedRow[]): readonly string[] {
  return rows.filter((row) => row.kind === "bad").map((row) => `${row.at}: ${row.reason}`)
}
