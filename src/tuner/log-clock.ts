/** What time it is by the clock that writes the logs, which may be minutes off this machine's. */
export interface LogClock {
  /** `nowMs` by this machine, `heardMs` the latest instant in the logs; both ms since 1970. Never before `heardMs`. */
  at(times: { readonly nowMs: number; readonly heardMs: number }): number
}

/** Logs that were silent for longer than clocks are wrong have ended, ms. */
const SILENT_MS = 600_000

/**
 * The least distance so far between now and the latest line is what the clocks differ by, and the way of a line; only what
 * goes beyond it is silence. So a log whose clock is five minutes behind is not taken for one in which nothing happens.
 */
export function logClock(): LogClock {
  let leastMs = Number.POSITIVE_INFINITY
  return {
    at: ({ nowMs, heardMs }) => {
      const lagMs = nowMs - heardMs
      if (lagMs > SILENT_MS) return nowMs
      leastMs = Math.min(leastMs, lagMs)
      return heardMs + (lagMs - leastMs)
    },
  }
}
