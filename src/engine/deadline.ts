import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"

export interface DeadlineOptions {
  readonly clock: Clock
  readonly ms: number
  /** What is waited for, for the message. */
  readonly what: string
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

/**
 * Awaits something from outside for at most `ms`; its signal aborts when the time is over or `signal` aborts.
 * @throws TrimtabError `timeout`, or what the call or the signal threw
 */
export function withDeadline<T>(options: DeadlineOptions, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, ms, what, signal } = options
  if (signal?.aborted === true) return Promise.reject(errorOf(signal.reason))
  // One promise, settled once, instead of a race of three: this is on the path of every invocation.
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    const end = (): void => {
      cancelTimer()
      signal?.removeEventListener("abort", onAbort)
    }
    const giveUp = (error: Error): void => {
      end()
      reject(error)
      controller.abort(error)
    }
    const onAbort = (): void => giveUp(errorOf(signal?.reason))
    const cancelTimer = clock.after(ms, () =>
      giveUp(new TrimtabError("timeout", `${what} took longer than ${ms} ms`, { retryable: true })),
    )
    signal?.addEventListener("abort", onAbort, { once: true })
    call(controller.signal).then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(errorOf(error))
      },
    )
  })
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(typeof reason === "string" ? reason : "aborted")
}
