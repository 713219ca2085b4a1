import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Entry } from "./journal.ts"
import { entryCrc } from "./journal-rows.ts"

/** Entries of one statement: a call into SQLite costs more than the row that it inserts. */
const ENTRIES_PER_STATEMENT = 8

const ROW = "(null, ?, ?, ?, ?, ?, ?, ?)"

/** The columns of an entry, as `insertEntries` takes them. */
export function entryValues(runNo: number, entry: Entry): SQLInputValue[] {
  return [runNo, entry.seq, entry.key, entry.kind, entry.atMs, entry.value, entryCrc(entry)]
}

/** Inserts entries in their order, several at a time and what is left one by one. */
export function insertEntries(db: DatabaseSync): (entries: readonly SQLInputValue[][]) => void {
  const one = db.prepare(`insert into entry values ${ROW}`)
  const many = db.prepare(`insert into entry values ${Array<string>(ENTRIES_PER_STATEMENT).fill(ROW).join(", ")}`)
  return (entries) => {
    let next = 0
    for (; next + ENTRIES_PER_STATEMENT <= entries.length; next += ENTRIES_PER_STATEMENT)
      many.run(...entries.slice(next, next + ENTRIES_PER_STATEMENT).flat())
    for (; next < entries.length; next++) one.run(...entries[next]!)
  }
}
