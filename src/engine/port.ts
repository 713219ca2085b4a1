/** Something asked of the port that has not settled yet. */
export interface Pending {
  readonly key: string
}

/** The recorded end of one pending entry. */
export interface Settled {
  readonly key: string
  readonly value: unknown
  /** Recorded instant, ms since 1970: the only time the loop sees. */
  readonly atMs: number
}

export interface CallTarget {
  readonly handler: string
}

/**
 * The few durable operations that the engine's loop stands on. Two adapters: embedded (node:sqlite) and Restate.
 * Keys are unique in a run and stable over replays.
 */
export interface DurablePort {
  /**
   * Runs `fn` at least once until its value is recorded, then that value for ever. `fn` never throws (E8). It need not be
   * a promise: a decision is made at once.
   */
  run<T>(key: string, fn: (signal: AbortSignal) => T | Promise<T>): Pending
  /** The first of the pending entries to settle; the winner is recorded, so that replay sees the same order (E6). */
  race(pending: readonly Pending[]): Promise<Settled>
  /** Durable timer. */
  sleep(key: string, ms: number): Pending
  /** Durable call of another handler: nested run, remote batch. */
  call(key: string, target: CallTarget, input: unknown): Pending
  /** Recorded instant, ms since 1970. Once per run; later instants are `settled.atMs`. */
  now(): Promise<number>
  /** Invoke records a step may be cut into: embedded 1,000, Restate 16. */
  readonly entriesPerStep: number
}
