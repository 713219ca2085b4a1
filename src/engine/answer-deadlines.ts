import type { Clock } from "../base/clock.ts"

/**
 * Ends the wait for answers that are long overdue or that nobody wants any more. One timer and one listener per signal
 * serve all invocations in flight: a controller, a timer and a listener for each would cost more than the rest of its way
 * through the engine.
 */
export interface AnswerDeadlines {
  /**
   * The answer, or null when it has not come within `ms`; the call itself is left to the platform, whose own read timeout
   * is shorter. Rejects with what the call throws, or with the signal's reason as soon as that aborts.
   */
  wait<T extends object>(call: Promise<T>, ms: number, signal: AbortSignal): Promise<T | null>
  /** Answers that are waited for. */
  readonly waiting: number
}

interface Waiter {
  readonly dueMs: number
  readonly overdue: () => void
  readonly reject: (error: Error) => void
}

export function answerDeadlines(clock: Clock): AnswerDeadlines {
  const waiters = new Set<Waiter>()
  const bySignal = new WeakMap<AbortSignal, Set<Waiter>>()
  let armedMs = Infinity
  let disarm = (): void => {}

  const arm = (dueMs: number): void => {
    if (dueMs >= armedMs) return
    disarm()
    armedMs = dueMs
    disarm = clock.after(dueMs - clock.monotonicMs(), sweep)
  }
  const sweep = (): void => {
    armedMs = Infinity
    const nowMs = clock.monotonicMs()
    let nextMs = Infinity
    for (const waiter of waiters) {
      if (waiter.dueMs <= nowMs) waiter.overdue()
      else nextMs = Math.min(nextMs, waiter.dueMs)
    }
    if (nextMs < Infinity) arm(nextMs)
  }
  /** The waiters of a signal, which all end when it aborts. */
  const groupOf = (signal: AbortSignal): Set<Waiter> => {
    const known = bySignal.get(signal)
    if (known !== undefined) return known
    const group = new Set<Waiter>()
    bySignal.set(signal, group)
    const onAbort = (): void => {
      for (const waiter of group) waiter.reject(reasonOf(signal))
    }
    signal.addEventListener("abort", onAbort, { once: true })
    return group
  }

  return {
    get waiting() {
      return waiters.size
    },
    wait: (call, ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          // Nobody wants its end any more.
          call.catch(() => {})
          reject(reasonOf(signal))
          return
        }
        const group = groupOf(signal)
        const end = (): void => {
          waiters.delete(waiter)
          group.delete(waiter)
          if (waiters.size > 0) return
          disarm()
          armedMs = Infinity
        }
        const waiter: Waiter = {
          dueMs: clock.monotonicMs() + ms,
          overdue: () => {
            end()
            resolve(null)
          },
          reject: (error) => {
            end()
            reject(error)
          },
        }
        waiters.add(waiter)
        group.add(waiter)
        arm(waiter.dueMs)
        call.then(
          (value) => {
            end()
            resolve(value)
          },
          (error: unknown) => waiter.reject(error instanceof Error ? error : new Error(String(error))),
        )
      }),
  }
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error("aborted")
}
