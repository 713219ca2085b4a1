import { groupCommit } from "./group-commit.ts"
import type { Commit, CommitPhase, Entry, Journal, JournalRead, RunRow } from "./journal.ts"
import type { JournalRow } from "./journal-rows.ts"
import { ENGINE_FORMAT } from "./records.ts"

/** What survives the engine: hand it to a second `memoryJournal` to play a restart. */
export interface MemoryDisk {
  readonly runs: Map<string, RunRow>
  readonly entries: Map<string, Entry[]>
  readonly definitions: Map<string, string>
  epoch: number
}

export function memoryDisk(): MemoryDisk {
  return { runs: new Map(), entries: new Map(), definitions: new Map(), epoch: 0 }
}

export interface MemoryJournalOptions {
  readonly disk?: MemoryDisk
  /** End of a turn: a microtask by default, so that a virtual clock need not know about it. */
  readonly schedule?: (fn: () => void) => void
  readonly onPhase?: (phase: CommitPhase, committed: number, rows: number) => void
  /** 1,000 by default, as on disk. */
  readonly entriesPerStep?: number
}

export interface VolatileJournalOptions {
  /** 1 by default: no crash is played, so one record for all parts of a step loses nothing. */
  readonly entriesPerStep?: number
}

/** A journal that lives as long as the process: tests, simulation, and runs that need no durability. */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  const disk = options.disk ?? memoryDisk()
  disk.epoch++
  const commits = groupCommit<JournalRow>({
    write: (rows, phase) => {
      phase("before-write")
      phase("after-write")
      for (const row of rows) write(disk, row)
      phase("after-commit")
    },
    schedule: options.schedule ?? queueMicrotask,
    ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
  })
  const flushed = <T>(read: () => T): T => {
    commits.flushNow()
    return read()
  }
  return {
    name: "memory",
    epoch: disk.epoch,
    entriesPerStep: options.entriesPerStep ?? 1_000,
    keepsRecords: true,
    accept: (run) => commits.push({ kind: "accept", run }),
    append: (entry) => commits.push({ kind: "entry", entry }),
    finish: (end) => commits.push({ kind: "finish", end }),
    run: (runId) => flushed(() => disk.runs.get(runId) ?? null),
    runOfRequest: (key) => flushed(() => [...disk.runs.values()].find((run) => run.requestKey === key) ?? null),
    runs: () => flushed(() => [...disk.runs.values()]),
    entries: (runId) => flushed((): JournalRead => ({ entries: [...(disk.entries.get(runId) ?? [])], damage: null })),
    definition: (hash) => flushed(() => disk.definitions.get(hash) ?? null),
    flush: async () => commits.flushNow(),
    close: async () => commits.flushNow(),
  }
}

/**
 * A journal that keeps the runs under way and nothing else: for runs that nobody will ever resume or read again, of which
 * a million then take no memory. Everything is durable at once.
 */
export function volatileJournal({ entriesPerStep = 1 }: VolatileJournalOptions = {}): Journal {
  const disk = memoryDisk()
  const done: Commit = { durable: Promise.resolve() }
  const note = (row: JournalRow): Commit => {
    if (row.kind === "finish") disk.runs.delete(row.end.runId)
    else write(disk, row)
    return done
  }
  return {
    name: "volatile",
    epoch: 1,
    entriesPerStep,
    keepsRecords: false,
    accept: (run) => note({ kind: "accept", run }),
    append: () => done,
    finish: (end) => note({ kind: "finish", end }),
    run: (runId) => disk.runs.get(runId) ?? null,
    runOfRequest: (key) => [...disk.runs.values()].find((run) => run.requestKey === key) ?? null,
    runs: () => [...disk.runs.values()],
    entries: () => ({ entries: [], damage: null }),
    definition: (hash) => disk.definitions.get(hash) ?? null,
    flush: async () => {},
    close: async () => {},
  }
}

function write(disk: MemoryDisk, row: JournalRow): void {
  if (row.kind === "entry") {
    const entries = disk.entries.get(row.entry.runId) ?? []
    entries.push(row.entry)
    disk.entries.set(row.entry.runId, entries)
  } else if (row.kind === "accept") {
    const { workflow, ...run } = row.run
    disk.definitions.set(run.workflowHash, workflow)
    const fresh = { engineFormat: ENGINE_FORMAT, status: "running", finishedAtMs: null, result: null, damaged: false }
    disk.runs.set(run.runId, { ...run, ...fresh })
  } else {
    const run = disk.runs.get(row.end.runId)
    if (run !== undefined) disk.runs.set(row.end.runId, { ...run, ...row.end })
  }
}
