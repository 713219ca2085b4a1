/**
 * Time as an argument. Wall time (`nowMs`) serves display and deadlines between machines; durations are
 * differences of `monotonicMs`, which no clock adjustment moves.
 */
export interface Clock {
  /** Wall time, milliseconds since 1970. */
  nowMs(): number
  /** Monotonic time in milliseconds from an arbitrary start. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fn` once after `ms`; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void
}

/** The longest delay that a timer of Node takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The clock of this machine. Its timers do not keep the process alive unless somebody awaits them. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortReason(signal))
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(abortReason(signal))
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", onAbort)
          resolve()
        },
        Math.min(Math.max(0, ms), MAX_TIMER_MS),
      )
      signal?.addEventListener("abort", onAbort, { once: true })
    }),
  after: (ms, fn) => {
    const timer = setTimeout(fn, Math.min(Math.max(0, ms), MAX_TIMER_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error("aborted")
}
