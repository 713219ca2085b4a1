import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { realClock } from "../../src/base/clock.ts"
import { openSqliteJournal, type SqliteJournal } from "../../src/engine/sqlite-journal.ts"

/** A journal on disk of its own, closed and thrown away afterwards. */
export async function withJournal<T>(use: (journal: SqliteJournal) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-bench-"))
  const journal = openSqliteJournal({ path: join(folder, "journal.sqlite"), clock: realClock })
  try {
    return await use(journal)
  } finally {
    await journal.close().catch(() => {}) // the engine on it may have closed it
    rmSync(folder, { recursive: true, force: true })
  }
}
