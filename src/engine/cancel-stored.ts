import { TrimtabError } from "../base/errors.ts"
import { apply } from "./apply.ts"
import type { Journal } from "./journal.ts"
import { CANCEL_KEY } from "./keys.ts"
import { NO_PREWARM, type StoredEnd } from "./live-run.ts"
import type { CancelRecord } from "./records.ts"
import { pastOf, type RecoveryOptions, stateAfter } from "./recovery.ts"

/**
 * Ends a run that nobody executes: the request and the end are recorded as they would be by an engine, and nothing is
 * invoked. Does nothing to a run that has ended.
 * @throws TrimtabError `usage` when there is no such run, `journal-corrupt` when its records cannot be used
 */
export async function cancelStored(
  runId: string,
  reason: string,
  options: Omit<RecoveryOptions, "journal"> & { readonly journal: Journal },
): Promise<void> {
  const { journal, clock } = options
  const row = journal.run(runId)
  if (row === null) throw new TrimtabError("usage", `there is no run ${runId}`, { fix: "see trimtab runs" })
  if (row.status !== "running") return
  const past = await pastOf(row, options)
  if (past.kind === "broken") throw new TrimtabError("journal-corrupt", past.error.message)
  const atMs = Math.max(clock.nowMs(), past.recorded.at(-1)?.atMs ?? row.acceptedAtMs)
  const value: CancelRecord = { reason }
  const state = apply(stateAfter(past.definition, past), { key: CANCEL_KEY, value, atMs })
  journal.append({ runId, seq: past.recorded.length, key: CANCEL_KEY, kind: "run", atMs, value: JSON.stringify(value) })
  const stored: StoredEnd = { prewarm: NO_PREWARM, error: null }
  const finishedAtMs = row.acceptedAtMs + state.nowMs
  await journal.finish({ runId, status: "cancelled", finishedAtMs, result: JSON.stringify(stored) }).durable
}
