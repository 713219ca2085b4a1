import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Entry } from "./journal.ts"
import { entryCrc } from "./journal-rows.ts"

/** Entries of one statement: a call into SQLite costs more than the row that it inserts. */
const ENTRIES_PER_STATEMENT = 8

const COLUMNS = 7

const ROW = "(null, ?, ?, ?, ?, ?, ?, ?)"

/** Adds the columns of an entry to a list that `insertEntries` takes. */
export function addEntry(values: SQLInputValue[], runNo: number, entry: Entry): void {
  values.push(runNo, entry.seq, entry.key, entry.kind, entry.atMs, entry.value, entryCrc(entry))
}

/** Inserts entries in their order, several at a time and what is left one by one. */
export function insertEntries(db: DatabaseSync): (values: readonly SQLInputValue[]) => void {
  const one = db.prepare(`insert into entry values ${ROW}`)
  const many = db.prepare(`insert into entry values ${Array<string>(ENTRIES_PER_STATEMENT).fill(ROW).join(", ")}`)
  const length = ENTRIES_PER_STATEMENT * COLUMNS
  return (values) => {
    let at = 0
    for (; at + length <= values.length; at += length) many.run(...values.slice(at, at + length))
    for (; at < values.length; at += COLUMNS) one.run(...values.slice(at, at + COLUMNS))
  }
}
