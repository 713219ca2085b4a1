import { DatabaseSync } from "node:sqlite"
import { summaryOf, type RunSummary } from "./run-summary.ts"
import { journalError } from "./sqlite-errors.ts"
import { sqliteReads } from "./sqlite-reads.ts"

/**
 * The runs of a journal file, oldest first, without owning it: an engine may be writing meanwhile.
 * @throws TrimtabError `journal-corrupt`, `io`
 */
export function readRuns(path: string): readonly RunSummary[] {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    const reads = sqliteReads(db, path, () => {})
    return reads.runs().map((row) => summaryOf(row, false))
  } catch (error) {
    throw journalError(path, error)
  } finally {
    db?.close()
  }
}
