import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import { groupCommit } from "./group-commit.ts"
import type { CommitPhase, Entry, Journal } from "./journal.ts"
import { endCrc, entryCrc, runCrc, type JournalRow } from "./journal-rows.ts"
import { leaseLost, leaseTaken, LEASE_MS, mayTake, ownerText, thisOwner, type Lease, type Owner } from "./lease.ts"
import { ENGINE_FORMAT } from "./records.ts"
import { journalError } from "./sqlite-errors.ts"
import { sqliteReads } from "./sqlite-reads.ts"
import { prepareSchema } from "./sqlite-schema.ts"

export interface SqliteJournalOptions {
  readonly path: string
  readonly clock: Clock
  readonly owner?: Owner
  readonly maxRowsPerCommit?: number
  /** Most pages of the file: a full disk for tests. */
  readonly limitPages?: number
  /** Refuses to write: a read-only file system for tests. */
  readonly readOnly?: boolean
  /** Called around every commit; where tests kill the process. */
  readonly onPhase?: (phase: CommitPhase, committed: number, rows: number) => void
}

export interface SqliteJournal extends Journal {
  /** Rows and commits since it was opened. */
  readonly counts: { readonly rows: number; readonly commits: number }
}

/** Pages in the write-ahead log after which it is folded back into the file, off the path of a commit. */
const CHECKPOINT_AFTER_ROWS = 4096

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
      return new DatabaseSync(file, { timeout: 5_000, readOnly: options.readOnly ?? false })
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

type Writer = (rows: readonly JournalRow[], phase: (phase: CommitPhase) => void) => void

/** One transaction for all rows. The lease is compared inside it: a stale owner writes nothing. */
function writerOf(db: DatabaseSync, { path, clock }: SqliteJournalOptions, lease: Lease): Writer {
  const begin = db.prepare("begin immediate")
  const commit = db.prepare("commit")
  const readEpoch = db.prepare("select epoch from lease where id = 1")
  const extend = db.prepare("update lease set until_ms = ? where id = 1")
  const insert = inserter(db)
  let untilMs = lease.untilMs
  let sinceCheckpoint = 0
  return (rows, phase) => {
    phase("before-write")
    try {
      begin.run()
      if (readEpoch.get()?.["epoch"] !== lease.epoch) throw leaseLost(path)
      const nowMs = clock.nowMs()
      if (untilMs - nowMs < (LEASE_MS * 2) / 3 || untilMs - nowMs > LEASE_MS) extend.run((untilMs = nowMs + LEASE_MS))
      for (const row of rows) insert(row)
      phase("after-write")
      commit.run()
    } catch (error) {
      rollback(db)
      throw journalError(path, error)
    }
    phase("after-commit")
    sinceCheckpoint += rows.length
    if (sinceCheckpoint < CHECKPOINT_AFTER_ROWS) return
    sinceCheckpoint = 0
    setImmediate(() => checkpoint(db))
  }
}

function inserter(db: DatabaseSync): (row: JournalRow) => void {
  const entry: StatementSync = db.prepare("insert into entry values (null, ?, ?, ?, ?, ?, ?, ?)")
  const definition = db.prepare("insert or ignore into definition values (?, ?)")
  const run = db.prepare("insert into run values (null, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, null, null, null)")
  const finish = db.prepare("update run set status = ?, finished_at_ms = ?, result = ?, end_crc = ? where run_no = ?")
  const runNumber = runNumbers(db)
  return (row) => {
    if (row.kind === "entry") {
      const e: Entry = row.entry
      entry.run(runNumber.of(e.runId), e.seq, e.key, e.kind, e.atMs, e.value, entryCrc(e))
    } else if (row.kind === "accept") {
      const r = row.run
      definition.run(r.workflowHash, r.workflow)
      const crc = runCrc(r, ENGINE_FORMAT)
      const fixed = [r.runId, r.requestKey, r.workflowHash, r.workflowName, ENGINE_FORMAT] as const
      const added = run.run(...fixed, r.input, r.inputKind, r.goal, r.codeHashes, r.acceptedAtMs, crc)
      runNumber.add(r.runId, Number(added.lastInsertRowid))
    } else {
      const { runId, status, finishedAtMs, result } = row.end
      finish.run(status, finishedAtMs, result, endCrc(row.end), runNumber.of(runId))
      runNumber.drop(runId)
    }
  }
}

interface RunNumbers {
  add(runId: string, runNo: number): void
  /** Looked up once per run. */
  of(runId: string): number
  drop(runId: string): void
}

/** Numbers of the runs under way. */
function runNumbers(db: DatabaseSync): RunNumbers {
  const find = db.prepare("select run_no from run where run_id = ?")
  const known = new Map<string, number>()
  return {
    add: (runId, runNo) => void known.set(runId, runNo),
    drop: (runId) => void known.delete(runId),
    of: (runId) => {
      const before = known.get(runId)
      if (before !== undefined) return before
      const runNo = Number(find.get(runId)?.["run_no"])
      if (Number.isNaN(runNo)) throw new TrimtabError("internal", `run ${runId} was never accepted`)
      known.set(runId, runNo)
      return runNo
    },
  }
}

function rollback(db: DatabaseSync): void {
  try {
    if (db.isTransaction) db.exec("rollback")
  } catch {
    // The first error says what happened; SQLite rolls back at the next opening anyway.
  }
}

function checkpoint(db: DatabaseSync): void {
  try {
    if (db.isOpen) db.exec("pragma wal_checkpoint(passive)")
  } catch {
    // The log only grows; the next commit meets the same trouble and reports it.
  }
}

function closeQuietly(db: DatabaseSync): void {
  try {
    if (db.isOpen) db.close()
  } catch {
    // Nothing is left to lose: every commit was durable before it was acknowledged.
  }
}
