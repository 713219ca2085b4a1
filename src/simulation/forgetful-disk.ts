import type { Entry, RunRow } from "../engine/journal.ts"
import type { MemoryDisk } from "../engine/memory-journal.ts"

/**
 * A disk that forgets a run when it has ended: a million simulated runs take no more memory than those under way. What
 * a run was is in the result that its handle gave.
 */
export function forgetfulDisk(): MemoryDisk {
  const entries = new Map<string, Entry[]>()
  return { runs: new OpenRuns(entries), entries, definitions: new Map(), epoch: 0 }
}

class OpenRuns extends Map<string, RunRow> {
  readonly #entries: Map<string, Entry[]>

  constructor(entries: Map<string, Entry[]>) {
    super()
    this.#entries = entries
  }

  override set(runId: string, run: RunRow): this {
    if (run.status === "running") return super.set(runId, run)
    this.delete(runId)
    this.#entries.delete(runId)
    return this
  }
}
