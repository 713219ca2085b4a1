import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import { createHash } from "node:crypto"
import type { Entry, Journal, JournalRead, NewRun, RunRow } from "./journal.ts"
import { endCrc, entryCrc, runCrc } from "./journal-rows.ts"
import { journalError } from "./sqlite-errors.ts"

type Row = Record<string, SQLOutputValue>

/** The reading half of the journal. `flush` makes queued rows visible first. */
export function sqliteReads(
  db: DatabaseSync,
  path: string,
  flush: () => void,
): Pick<Journal, "run" | "runOfRequest" | "runs" | "entries" | "definition"> {
  const oneRun = db.prepare("select * from run where run_id = ?")
  const byRequest = db.prepare("select * from run where request_key = ?")
  const allRuns = db.prepare("select * from run order by run_no")
  const allEntries = db.prepare(
    "select entry.*, run.run_id from run join entry using (run_no) where run.run_id = ? order by seq",
  )
  const oneDefinition = db.prepare("select workflow from definition where hash = ?")
  const guard = <T>(read: () => T): T => {
    flush()
    try {
      return read()
    } catch (error) {
      throw journalError(path, error)
    }
  }
  return {
    run: (runId) => guard(() => runRow(oneRun.get(runId))),
    runOfRequest: (requestKey) => guard(() => runRow(byRequest.get(requestKey))),
    runs: () => guard(() => allRuns.all().map((row) => runRow(row)!)),
    entries: (runId) => {
      flush()
      return checkedEntries(() => allEntries.iterate(runId))
    },
    definition: (hash) =>
      guard(() => {
        const text = oneDefinition.get(hash)?.["workflow"]
        return typeof text === "string" && hashOf(text) === hash ? text : null
      }),
  }
}

/** Hash under which a workflow's text is stored. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}

/** Reads until a gap, a wrong checksum or an unreadable page. */
function checkedEntries(iterate: () => Iterable<Row>): JournalRead {
  const entries: Entry[] = []
  const damagedAt = (message: string): JournalRead => ({ entries, damage: { seq: entries.length, message } })
  try {
    for (const row of iterate()) {
      const entry = entryOf(row)
      if (entry.seq !== entries.length) return damagedAt(`record ${entries.length} is missing`)
      if (entryCrc(entry) !== row["crc"]) return damagedAt(`record ${entry.seq} does not match its checksum`)
      entries.push(entry)
    }
    return { entries, damage: null }
  } catch (error) {
    return damagedAt(`record ${entries.length} cannot be read (${error instanceof Error ? error.message : "unknown"})`)
  }
}

function entryOf(row: Row): Entry {
  return {
    runId: String(row["run_id"]),
    seq: Number(row["seq"]),
    key: String(row["key"]),
    // A kind that is none of these fails its checksum or the replay.
    kind: String(row["kind"]) as Entry["kind"],
    atMs: Number(row["at_ms"]),
    value: String(row["value"]),
  }
}

function runRow(row: Row | undefined): RunRow | null {
  if (row === undefined) return null
  const text = (name: string): string => String(row[name])
  const nullable = (name: string): string | null => (row[name] === null ? null : text(name))
  const fixed = {
    runId: text("run_id"),
    requestKey: nullable("request_key"),
    workflowHash: text("workflow_hash"),
    workflowName: text("workflow_name"),
    input: text("input"),
    inputKind: inputKindOf(text("input_kind")),
    goal: text("goal"),
    codeHashes: text("code_hashes"),
    acceptedAtMs: Number(row["accepted_at_ms"]),
  }
  const engineFormat = Number(row["engine_format"])
  const status = text("status")
  const finishedAtMs = row["finished_at_ms"] === null ? null : Number(row["finished_at_ms"])
  const result = nullable("result")
  const ended = result !== null && finishedAtMs !== null
  const endFits = ended
    ? row["end_crc"] === endCrc({ runId: fixed.runId, status, finishedAtMs, result })
    : status === "running" && row["end_crc"] === null
  const damaged = row["crc"] !== runCrc(fixed, engineFormat) || !endFits
  return { ...fixed, engineFormat, status, finishedAtMs, result, damaged }
}

/** A word that is none of these fails the row's checksum. */
function inputKindOf(text: string): NewRun["inputKind"] {
  return text === "ref" || text === "redrive" ? text : "inline"
}
