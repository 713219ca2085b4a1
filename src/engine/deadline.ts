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
export async function withDeadline<T>(options: DeadlineOptions, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, ms, what, signal } = options
  signal?.throwIfAborted()
  const controller = new AbortController()
  const { promise: given, reject } = Promise.withResolvers<never>()
  const giveUp = (error: unknown): void => {
    controller.abort(error)
    reject(error instanceof Error ? error : new Error("aborted"))
  }
  const cancelTimer = clock.after(ms, () =>
    giveUp(new TrimtabError("timeout", `${what} took longer than ${ms} ms`, { retryable: true })),
  )
  const onAbort = (): void => giveUp(signal?.reason)
  signal?.addEventListener("abort", onAbort, { once: true })
  try {
    return await Promise.race([call(controller.signal), given])
  } finally {
    cancelTimer()
    signal?.removeEventListener("abort", onAbort)
  }
}
