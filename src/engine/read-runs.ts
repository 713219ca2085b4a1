import { DatabaseSync } from "node:sqlite"
import type { RunResult } from "../workflow/run-result.ts"
import { pastOf, phasesOfPast, type RecoveryOptions, resultOfPast, type StepPhaseRow } from "./recovery.ts"
import { summaryOf, type RunSummary } from "./run-summary.ts"
import { ENTRIES_PER_STEP } from "./sqlite-journal.ts"
import { journalError } from "./sqlite-errors.ts"
import { sqliteReads } from "./sqlite-reads.ts"

/**
 * The runs of a journal file, oldest first, without owning it: an engine may be writing meanwhile.
 * @throws TrimtabError `journal-corrupt`, `io`
 */
export async function readRuns(path: string): Promise<readonly RunSummary[]> {
  return reading(path, async (reads) => reads.runs().map((row) => summaryOf(row, false)))
}

/** One run as its records tell. */
export interface RunReading {
  readonly summary: RunSummary
  /** Null while the run has no end. */
  readonly result: RunResult | null
  /** What each step is doing or has come to; empty for a run that cannot be read. */
  readonly steps: readonly StepPhaseRow[]
}

/**
 * One run of a journal file, without owning it; null when there is no such run.
 * @throws as `readRuns`, and what the store threw for values that are there
 */
export async function readRun(
  path: string,
  runId: string,
  sources: Pick<RecoveryOptions, "store" | "clock" | "platform">,
): Promise<RunReading | null> {
  return reading(path, async (reads) => {
    const row = reads.run(runId)
    if (row === null) return null
    const options = { ...sources, journal: { ...reads, entriesPerStep: ENTRIES_PER_STEP } }
    const past = await pastOf(row, options)
    return {
      summary: summaryOf(row, false),
      result: row.status === "running" && past.kind === "whole" ? null : resultOfPast(past, options),
      steps: past.kind === "whole" ? phasesOfPast(past) : [],
    }
  })
}

async function reading<T>(path: string, read: (reads: ReturnType<typeof sqliteReads>) => Promise<T>): Promise<T> {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    return await read(sqliteReads(db, path, () => {}))
  } catch (error) {
    throw journalError(path, error)
  } finally {
    db?.close()
  }
}
