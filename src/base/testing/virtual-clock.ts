import type { Clock } from "../clock.ts"

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, firing what is due on the way, in order. */
  advance(ms: number): Promise<void>
  /** Moves from timer to timer until the promise settles. Throws when it waits for something that no timer will bring. */
  runUntil<T>(promise: Promise<T>): Promise<T>
  /** Shifts the wall clock alone, as an adjustment does. */
  jumpWall(ms: number): void
  /** Timers that have not fired. */
  readonly timers: number
}

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly fn: () => void
}

/** Turns of the event loop that a promise chain is given to settle between two timers. */
const QUIET_TURNS = 3

export function virtualClock(startWallMs: number = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers = new Set<Timer>()
  let nowMs = 0
  let wallMs = startWallMs
  let order = 0

  const after = (ms: number, fn: () => void): (() => void) => {
    const timer = { atMs: nowMs + Math.max(0, ms), order: order++, fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const next = (): Timer | undefined =>
    [...timers].reduce<Timer | undefined>(
      (first, timer) =>
        first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)
          ? timer
          : first,
      undefined,
    )
  const fire = (timer: Timer): void => {
    timers.delete(timer)
    nowMs = Math.max(nowMs, timer.atMs)
    timer.fn()
  }

  return {
    nowMs: () => wallMs + nowMs,
    monotonicMs: () => nowMs,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(asError(signal.reason))
          return
        }
        const onAbort = (): void => {
          cancel()
          reject(asError(signal?.reason))
        }
        const cancel = after(ms, () => {
          signal?.removeEventListener("abort", onAbort)
          resolve()
        })
        signal?.addEventListener("abort", onAbort, { once: true })
      }),
    advance: async (ms) => {
      const untilMs = nowMs + ms
      await quiet()
      for (let timer = next(); timer !== undefined && timer.atMs <= untilMs; timer = next()) {
        fire(timer)
        await quiet()
      }
      nowMs = untilMs
    },
    runUntil: async (promise) => {
      let settled = false
      const mark = (): void => {
        settled = true
      }
      promise.then(mark, mark)
      for (;;) {
        await quiet()
        if (settled) return promise
        const timer = next()
        if (timer === undefined) throw new Error(`nothing will happen any more at ${nowMs} ms`)
        fire(timer)
      }
    },
    jumpWall: (ms) => {
      wallMs += ms
    },
    get timers() {
      return timers.size
    },
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted")
}
