import type { Clock } from "../base/clock.ts"

/**
 * Wall instants, ms since 1970, that never go back: they start at the clock's wall time, or at the last recorded
 * instant where that is later, and advance with the monotonic clock. A jump of the wall clock moves no duration.
 */
export function instantsOf(clock: Clock, notBeforeMs: number = 0): () => number {
  const wallMs = Math.max(clock.nowMs(), notBeforeMs)
  const monotonicMs = clock.monotonicMs()
  // Microseconds are enough, and keep the journal's numbers short.
  return () => Math.round((wallMs + (clock.monotonicMs() - monotonicMs)) * 1000) / 1000
}
