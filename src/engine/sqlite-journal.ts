import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Clock } from "../base/clock.ts"
import { groupCommit } from "./group-commit.ts"
import type { CommitPhase, Journal } from "./journal.ts"
import type { JournalRow } from "./journal-rows.ts"
import { leaseTaken, LEASE_MS, mayTake, ownerText, thisOwner, type Lease, type Owner } from "./lease.ts"
import { journalError } from "./sqlite-errors.ts"
import { sqliteReads } from "./sqlite-reads.ts"
import { prepareSchema } from "./sqlite-schema.ts"
import { writerOf } from "./sqlite-writes.ts"
import { checkLog } from "./wal-check.ts"

/** Each part of a step has a record of its own up to this many. */
export const ENTRIES_PER_STEP = 1_000

export interface SqliteJournalOptions {
  readonly path: string
  readonly clock: Clock
  readonly owner?: Owner
  readonly maxRowsPerCommit?: number
  /** Most pages of the file: a full disk for tests. */
  readonly limitPages?: number
  /** Wraps the open file: a failing disk for tests. */
  readonly wrap?: (db: DatabaseSync) => DatabaseSync
  /** Refuses to write: a read-only file system for tests. */
  readonly readOnly?: boolean
  /** Called around every commit; where tests kill the process. */
  readonly onPhase?: (phase: CommitPhase, committed: number, rows: number) => void
}

export interface SqliteJournal extends Journal {
  /** Rows and commits since it was opened. */
  readonly counts: { readonly rows: number; readonly commits: number }
}

/**
 * The journal in one SQLite file: write-ahead log, an fsync for every commit, a lease with a fencing epoch that
 * every commit compares.
 * @throws TrimtabError `lease-lost` when another process owns it, `journal-corrupt`, `unsupported`, `disk-full`, `io`
 */
export function openSqliteJournal(options: SqliteJournalOptions): SqliteJournal {
  const { path, clock } = options
  const db = openDatabase(path)
  try {
    prepareSchema(db, path)
    if (options.limitPages !== undefined) db.exec(`pragma max_page_count = ${options.limitPages}`)
    return journalOver(db, options, takeLease(db, options))
  } catch (error) {
    closeQuietly(db)
    throw journalError(path, error)
  }
  function openDatabase(file: string): DatabaseSync {
    try {
      mkdirSync(dirname(file), { recursive: true })
      checkLog(file)
      const opened = new DatabaseSync(file, { timeout: 5_000, readOnly: options.readOnly ?? false })
      return options.wrap?.(opened) ?? opened
    } catch (error) {
      throw journalError(file, error)
    }
  }
  function takeLease(database: DatabaseSync, { owner = thisOwner() }: SqliteJournalOptions): Lease {
    database.exec("begin immediate")
    const row = database.prepare("select epoch, owner, until_ms from lease where id = 1").get()
    const lease = { epoch: Number(row?.["epoch"]), owner: String(row?.["owner"]), untilMs: Number(row?.["until_ms"]) }
    if (!mayTake(lease, clock.nowMs(), owner)) throw leaseTaken(path, lease)
    const taken = { epoch: lease.epoch + 1, owner: ownerText(owner), untilMs: clock.nowMs() + LEASE_MS }
    database.prepare("update lease set epoch = ?, owner = ?, until_ms = ?").run(taken.epoch, taken.owner, taken.untilMs)
    database.exec("commit")
    return taken
  }
}

function journalOver(db: DatabaseSync, options: SqliteJournalOptions, lease: Lease): SqliteJournal {
  const { path, clock } = options
  const write = writerOf(db, options, lease)
  const commits = groupCommit<JournalRow>({
    write,
    schedule: (fn) => void setImmediate(fn),
    ...(options.maxRowsPerCommit === undefined ? {} : { maxRows: options.maxRowsPerCommit }),
    ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
  })
  const reads = sqliteReads(db, path, () => commits.flushNow())
  let closed = false
  let stopRenewal = (): void => {}
  const renew = (): void => {
    stopRenewal = clock.after(LEASE_MS / 3, () => {
      if (closed) return
      try {
        write([], () => {})
        renew()
      } catch (error) {
        commits.fail(journalError(path, error))
      }
    })
  }
  renew()
  return {
    name: "sqlite",
    epoch: lease.epoch,
    entriesPerStep: ENTRIES_PER_STEP,
    keepsRecords: true,
    counts: commits.counts,
    accept: (run) => commits.push({ kind: "accept", run }),
    append: (entry) => commits.push({ kind: "entry", entry }),
    finish: (end) => commits.push({ kind: "finish", end }),
    ...reads,
    flush: async () => commits.flushNow(),
    close: async () => {
      if (closed) return
      closed = true
      stopRenewal()
      try {
        commits.flushNow()
      } finally {
        // After a failed commit this connection is not written on: a new one gives the lease back.
        closeQuietly(db)
        releaseLease(path, lease.epoch)
      }
    },
  }
}

/** Lets the next engine in at once; where it fails, the lease runs out by itself. */
function releaseLease(path: string, epoch: number): void {
  try {
    const db = new DatabaseSync(path, { timeout: 1_000 })
    try {
      db.prepare("update lease set owner = '', until_ms = 0 where epoch = ?").run(epoch)
    } finally {
      db.close()
    }
  } catch {
    // Nothing to tell: what made it fail was told by the commit that failed.
  }
}

function closeQuietly(db: DatabaseSync): void {
  try {
    if (db.isOpen) db.close()
  } catch {
    // Nothing is left to lose: every commit was durable before it was acknowledged.
  }
}
