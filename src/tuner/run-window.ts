import type { GatheredRun } from "./inspection/gathered-run.ts"

export interface RunWindowsOptions {
  /** Least runs of a window. */
  readonly runs: number
  /** Runs that began before this were judged already, ms since 1970; -Infinity: none. */
  readonly judgedUntilMs: number
}

/** Cuts what logs tell into windows of runs that have surely ended. */
export interface RunWindows {
  add(run: GatheredRun): void
  /**
   * All runs that can be judged now, in the order of their beginning, when they are enough; `rest`: also when they are
   * fewer. Null where there is nothing to judge. `nowMs` by the clock of whoever reads the logs: runs of which nothing was
   * heard for long have ended, too. One window however many runs there are: what is published after it is judged by runs
   * that are read later, never by those of a backlog, which began before.
   */
  take(options: { readonly nowMs: number; readonly rest: boolean }): readonly GatheredRun[] | null
  /** Runs that wait. */
  readonly waiting: number
  /** How long after its beginning a run has surely ended, by what was seen so far, ms. */
  readonly settlingMs: number
}

/** Nobody's run is believed to be over before so long, ms. */
const LEAST_SETTLING_MS = 30_000

/** Windows' worth of runs that one window may have: older ones tell nothing of now. */
const MOST_WINDOWS = 10

/**
 * A run counts once every run that began when it did has ended, however slow: twice the longest run seen must have passed
 * since its beginning. Taken by their ends, the slow runs of a window would be missing from it.
 */
export function runWindows({ runs: size, judgedUntilMs }: RunWindowsOptions): RunWindows {
  let waiting: { readonly run: GatheredRun; readonly beganMs: number }[] = []
  let judgedMs = judgedUntilMs
  let newestMs = Number.NEGATIVE_INFINITY
  let longestMs = 0
  const most = MOST_WINDOWS * size
  const settling = (): number => Math.max(LEAST_SETTLING_MS, 2 * longestMs)
  return {
    add: (run) => {
      const beganMs = Math.min(...run.invocations.map(({ startMs, initMs }) => startMs - initMs))
      const endedMs = Math.max(...run.invocations.map(({ endMs }) => endMs))
      newestMs = Math.max(newestMs, endedMs)
      longestMs = Math.max(longestMs, endedMs - beganMs)
      if (!(beganMs > judgedMs)) return
      waiting.push({ run, beganMs })
      if (waiting.length > 2 * most) waiting = newest(waiting, most)
    },
    take: ({ nowMs, rest }) => {
      const heardMs = Math.max(newestMs, nowMs)
      waiting = newest(waiting, most)
      const settled = waiting.filter(({ beganMs }) => beganMs + settling() <= heardMs)
      if (settled.length === 0 || (!rest && settled.length < size)) return null
      judgedMs = settled.at(-1)!.beganMs
      waiting = waiting.filter(({ beganMs }) => beganMs > judgedMs)
      return settled.map(({ run }) => run)
    },
    get waiting() {
      return waiting.length
    },
    get settlingMs() {
      return settling()
    },
  }
}

/** In the order of their beginning, the newest ones. */
function newest<T extends { readonly beganMs: number }>(waiting: readonly T[], most: number): T[] {
  return waiting.toSorted((a, b) => a.beganMs - b.beganMs).slice(-most)
}
