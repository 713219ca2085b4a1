import { reasonOf } from "./abort-reason.ts"
import type { PlatformLimits } from "../workflow/limits.ts"

/** Lets in as many invocations as the platform allows at once, fair among runs. */
export interface Admission {
  /** Resolves when the invocation may be sent; rejects with the signal's reason. The caller releases once. */
  enter(runId: string, signal: AbortSignal): Promise<void> | null
  release(): void
  readonly inFlight: number
}

interface Waiting {
  readonly admit: () => void
}

/**
 * In-flight invocations stay at or below the account's limit less what must stay free. When it is full, runs take
 * turns: each gets one place, in the order in which they began to wait, however many places they ask for.
 * `enter` returns null where there is room at once: the common case costs nothing.
 */
export function admission(limits: PlatformLimits): Admission {
  const capacity = Math.max(1, limits.concurrency.account - limits.concurrency.keepFree)
  const queues = new Map<string, Waiting[]>()
  let inFlight = 0
  const admitNext = (): void => {
    // A Map keeps the order of insertion: taking a run out and putting it back moves it to the end of the round.
    const next = queues.entries().next()
    if (next.done === true) return
    const [runId, queue] = next.value
    queues.delete(runId)
    const waiting = queue.shift()
    if (queue.length > 0) queues.set(runId, queue)
    inFlight++
    waiting?.admit()
  }
  const queueUp = (runId: string, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const queue = queues.get(runId) ?? []
    const waiting: Waiting = {
      admit: () => {
        signal.removeEventListener("abort", onAbort)
        resolve()
      },
    }
    const onAbort = (): void => {
      const at = queue.indexOf(waiting)
      if (at >= 0) queue.splice(at, 1)
      if (queue.length === 0 && queues.get(runId) === queue) queues.delete(runId)
      reject(reasonOf(signal))
    }
    if (signal.aborted) {
      reject(reasonOf(signal))
      return promise
    }
    queue.push(waiting)
    queues.set(runId, queue)
    signal.addEventListener("abort", onAbort, { once: true })
    return promise
  }
  return {
    get inFlight() {
      return inFlight
    },
    enter: (runId, signal) => {
      if (inFlight >= capacity || queues.size > 0) return queueUp(runId, signal)
      inFlight++
      return null
    },
    release: () => {
      inFlight--
      if (inFlight < capacity) admitNext()
    },
  }
}
