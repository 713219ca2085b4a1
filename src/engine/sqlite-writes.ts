import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import { addEntry, insertEntries } from "./insert-entries.ts"
import type { CommitPhase } from "./journal.ts"
import { endCrc, runCrc, type JournalRow } from "./journal-rows.ts"
import { leaseLost, LEASE_MS, type Lease } from "./lease.ts"
import { ENGINE_FORMAT } from "./records.ts"
import { journalError } from "./sqlite-errors.ts"

/** Rows after which the write-ahead log is folded back into the file, off the path of a commit. */
const CHECKPOINT_AFTER_ROWS = 4096

export type Writer = (rows: readonly JournalRow[], phase: (phase: CommitPhase) => void) => void

/** One transaction for all rows. The lease is compared inside it: a stale owner writes nothing. */
export function writerOf(
  db: DatabaseSync,
  { path, clock }: { readonly path: string; readonly clock: Clock },
  lease: Lease,
): Writer {
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
      insert(rows)
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

function inserter(db: DatabaseSync): (rows: readonly JournalRow[]) => void {
  const insertAll = insertEntries(db)
  const definition = db.prepare("insert or ignore into definition values (?, ?)")
  const run = db.prepare("insert into run values (null, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, null, null, null)")
  const finish = db.prepare("update run set status = ?, finished_at_ms = ?, result = ?, end_crc = ? where run_no = ?")
  const runNumber = runNumbers(db)
  // Hashes of the definitions that are in the file. A commit that fails is the last one, so none is missing afterwards.
  const defined = new Set<string>()
  const insert = (row: JournalRow, entries: SQLInputValue[]): void => {
    if (row.kind === "entry") {
      addEntry(entries, runNumber.of(row.entry.runId), row.entry)
    } else if (row.kind === "accept") {
      const r = row.run
      if (!defined.has(r.workflowHash)) definition.run(r.workflowHash, r.workflow)
      defined.add(r.workflowHash)
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
  return (rows) => {
    const entries: SQLInputValue[] = []
    for (const row of rows) insert(row, entries)
    insertAll(entries)
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
