import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { Goal } from "../workflow/goal.ts"
import type { StepConfig } from "../workflow/config.ts"
import { entryCrc } from "./journal-rows.ts"
import { parseKey } from "./keys.ts"
import type { DecideRecord, InvokeRecord } from "./records.ts"
import { journalError } from "./sqlite-errors.ts"
import type { Entry } from "./journal.ts"

/** Something that became durable, as the journal tells it. Instants are ms since 1970. */
export type JournalEvent =
  | {
      readonly kind: "run-accepted"
      readonly runId: string
      readonly atMs: number
      readonly workflow: string
      readonly goal: Goal
    }
  | {
      readonly kind: "step-decided"
      readonly runId: string
      readonly atMs: number
      readonly step: string
      readonly iteration: number
      readonly attempt: number
      readonly config: StepConfig
      readonly reason: string
    }
  | {
      readonly kind: "parts-settled"
      readonly runId: string
      readonly atMs: number
      readonly step: string
      readonly iteration: number
      readonly attempt: number
      /** Of a call of an exported split or merge, which. */
      readonly call?: "split" | "merge"
      readonly parts: number
      readonly failedTasks: number
      readonly billedMs: number
    }
  | { readonly kind: "cancel-asked"; readonly runId: string; readonly atMs: number }
  /** A deadline that ends the run; of the run itself where there is no step. */
  | { readonly kind: "deadline-reached"; readonly runId: string; readonly atMs: number; readonly step: string | null }
  | { readonly kind: "run-finished"; readonly runId: string; readonly atMs: number; readonly status: string }

/** Reads what is new in a journal since the last call, without owning it. */
export interface EventReader {
  /** Oldest first; a run's end comes after its records. At most about a thousand; empty when nothing is new. */
  next(): readonly JournalEvent[]
  close(): void
}

const BATCH = 1_000

/**
 * Opens a journal file for reading; `runId` leaves out all other runs. Values that live in the store are not fetched:
 * their record tells its parts as 0.
 * @throws TrimtabError `journal-corrupt`, `io`, from `next` too
 */
export function readEvents(path: string, runId?: string): EventReader {
  const db = guarded(path, () => new DatabaseSync(path, { readOnly: true, timeout: 5_000 }))
  const only = runId === undefined ? "" : "and run.run_id = :run"
  const named = runId === undefined ? {} : { run: runId }
  const statements = guarded(path, () => ({
    accepted: db.prepare(`select * from run where run_no > :after ${only} order by run_no limit ${BATCH}`),
    entries: db.prepare(
      `select entry.*, run.run_id from entry join run using (run_no) where entry.id > :after ${only} order by entry.id limit ${BATCH}`,
    ),
    status: db.prepare("select status, finished_at_ms from run where run_no = ?"),
  }))
  let lastRun = 0
  let lastEntry = 0
  const open = new Map<number, string>()
  return {
    next: () =>
      guarded(path, () => {
        const ended = endedOf(statements.status, open)
        const events: JournalEvent[] = []
        for (const row of statements.accepted.all({ ...named, after: lastRun })) {
          lastRun = Number(row["run_no"])
          open.set(lastRun, String(row["run_id"]))
          const goal = JSON.parse(String(row["goal"])) as Goal // written by `new-run.ts`
          const common = { runId: String(row["run_id"]), atMs: Number(row["accepted_at_ms"]) }
          events.push({ kind: "run-accepted", ...common, workflow: String(row["workflow_name"]), goal })
        }
        const rows = statements.entries.all({ ...named, after: lastEntry })
        for (const row of rows) {
          lastEntry = Number(row["id"])
          events.push(...eventOf(row))
        }
        // A run's end is told only when its records have been: what had ended before they were read.
        if (rows.length < BATCH)
          for (const [no, event] of ended) {
            open.delete(no)
            events.push(event)
          }
        return events
      }),
    close: () => db.close(),
  }
}

function endedOf(status: StatementSync, open: ReadonlyMap<number, string>): [number, JournalEvent][] {
  return [...open].flatMap(([no, runId]): [number, JournalEvent][] => {
    const row = status.get(no)
    if (row === undefined || row["status"] === "running") return []
    return [[no, { kind: "run-finished", runId, atMs: Number(row["finished_at_ms"]), status: String(row["status"]) }]]
  })
}

/** Nothing for a record that is damaged: the engine says so when it reads the run. */
function eventOf(row: Readonly<Record<string, unknown>>): JournalEvent[] {
  const entry = {
    runId: String(row["run_id"]),
    seq: Number(row["seq"]),
    key: String(row["key"]),
    kind: String(row["kind"]) as Entry["kind"], // any other word fails the checksum
    atMs: Number(row["at_ms"]),
    value: String(row["value"]),
  }
  const key = parseKey(entry.key)
  if (key === null || entryCrc(entry) !== row["crc"]) return []
  const { runId, atMs } = entry
  if (key.kind === "cancel") return [{ kind: "cancel-asked", runId, atMs }]
  if (key.kind === "deadline") return [{ kind: "deadline-reached", runId, atMs, step: key.of?.step ?? null }]
  const common = { runId, atMs, ...key.id }
  if (key.kind === "decide") {
    const { config, reason } = JSON.parse(entry.value) as DecideRecord
    return [{ kind: "step-decided", ...common, config, reason }]
  }
  const { parts } = entry.kind === "run-ref" ? { parts: [] } : (JSON.parse(entry.value) as InvokeRecord)
  const invocations = parts.flatMap((part) => part.invocations)
  return [
    {
      kind: "parts-settled",
      ...common,
      ...(typeof key.batch === "number" ? {} : { call: key.batch }),
      parts: parts.length,
      failedTasks: parts.reduce((sum, { errors }) => sum + errors.length, 0),
      billedMs: invocations.reduce((sum, { billedMs }) => sum + billedMs, 0),
    },
  ]
}

function guarded<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw journalError(path, error)
  }
}
