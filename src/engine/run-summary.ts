import type { Goal } from "../workflow/goal.ts"
import type { RunStatus } from "../workflow/run-result.ts"
import type { RunRow } from "./journal.ts"

/** One line about a run. */
export interface RunSummary {
  readonly runId: string
  readonly workflow: string
  readonly status: RunStatus | "running"
  /** It is being executed by this engine. */
  readonly live: boolean
  readonly goal: Goal
  readonly codeHashes: Readonly<Record<string, string>>
  readonly acceptedAtMs: number
  readonly finishedAtMs: number | null
}

export function deadlineOf(row: RunRow): number {
  const goal = parseGoal(row)
  return goal.kind === "cost" ? row.acceptedAtMs + goal.sloMs : Number.MAX_VALUE
}

/** What a row of the journal tells without reading its records. */
export function summaryOf(row: RunRow, live: boolean): RunSummary {
  return {
    runId: row.runId,
    workflow: row.workflowName,
    // A word that is none of these fails the row's checksum.
    status: row.damaged ? "broken" : (row.status as RunSummary["status"]),
    live,
    goal: parseGoal(row),
    codeHashes: row.damaged ? {} : JSON.parse(row.codeHashes),
    acceptedAtMs: row.acceptedAtMs,
    finishedAtMs: row.finishedAtMs,
  }
}

/** Of a row that its checksum vouches for; a damaged one has none that could be trusted. */
function parseGoal(row: RunRow): Goal {
  return row.damaged ? { kind: "cost", sloMs: 0, percentile: 0.95 } : JSON.parse(row.goal)
}
