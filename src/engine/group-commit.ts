import { TrimtabError } from "../base/errors.ts"
import type { Commit, CommitPhase } from "./journal.ts"

/** Most rows of one commit: a longer one would block the event loop for too long. */
export const MAX_ROWS_PER_COMMIT = 256

export interface GroupCommitOptions<Row> {
  /** Writes all rows in one transaction, or throws and leaves nothing of them. */
  readonly write: (rows: readonly Row[], phase: (phase: CommitPhase) => void) => void
  /** Calls back at the end of this turn of the event loop. */
  readonly schedule: (fn: () => void) => void
  readonly maxRows?: number
  readonly onPhase?: (phase: CommitPhase, committed: number, rows: number) => void
}

export interface GroupCommit<Row> {
  push(row: Row): Commit
  /** Commits everything queued, now. Throws what made a commit fail. */
  flushNow(): void
  /** From now on every row is refused with this error. */
  fail(error: TrimtabError): void
  readonly counts: { readonly rows: number; readonly commits: number }
}

interface Group<Row> extends Commit {
  readonly rows: Row[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Queues rows and commits those of one turn of the event loop together: a completion and the decision it causes
 * share one fsync. After a failed commit nothing is ever written again: what the disk holds is then unknown, and
 * only opening the journal anew tells.
 */
export function groupCommit<Row>(options: GroupCommitOptions<Row>): GroupCommit<Row> {
  const maxRows = options.maxRows ?? MAX_ROWS_PER_COMMIT
  const queue: Group<Row>[] = []
  const counts = { rows: 0, commits: 0 }
  let failure: TrimtabError | null = null
  let scheduled = false

  const commitFirst = (): void => {
    const group = queue[0]
    if (group === undefined) return
    const onPhase = options.onPhase
    try {
      options.write(
        group.rows,
        onPhase === undefined ? ignore : (phase) => onPhase(phase, counts.rows, group.rows.length),
      )
    } catch (error) {
      fail(error instanceof TrimtabError ? error : new TrimtabError("internal", "the journal failed", { cause: error }))
      return
    }
    queue.shift()
    counts.rows += group.rows.length
    counts.commits++
    group.resolve()
    // A macrotask later, everybody who waited for this commit has gone on.
    if (onPhase !== undefined) options.schedule(() => onPhase("after-ack", counts.rows, group.rows.length))
  }
  const fail = (error: TrimtabError): void => {
    failure ??= error
    for (const group of queue.splice(0)) group.reject(failure)
  }
  const onTurnEnd = (): void => {
    scheduled = false
    commitFirst()
    if (queue.length > 0) schedule()
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    options.schedule(onTurnEnd)
  }

  return {
    counts,
    fail,
    push: (row) => {
      if (failure !== null) return refused(failure)
      let group = queue.at(-1)
      if (group === undefined || group.rows.length >= maxRows) {
        group = newGroup<Row>()
        queue.push(group)
      }
      group.rows.push(row)
      schedule()
      return group
    },
    flushNow: () => {
      while (queue.length > 0) commitFirst()
      if (failure !== null) throw failure
    },
  }
}

function newGroup<Row>(): Group<Row> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Not everybody waits for every commit; who does gets the rejection all the same.
  promise.catch(ignore)
  return { rows: [], durable: promise, resolve, reject }
}

function refused(reason: Error): Commit {
  const group = newGroup<never>()
  group.reject(reason)
  return group
}

function ignore(): void {}
