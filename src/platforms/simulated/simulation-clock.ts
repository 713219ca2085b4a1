/**
 * Virtual time. Nothing here ever waits for real time.
 *
 * V1. The clock moves only when nothing is runnable: after each event every promise reaction it set off has run, to
 *     the last, before the next event is taken. So the order of what happens depends on the events alone.
 * V2. Between two events the process does no real I/O that anybody waits for; a simulation keeps to memory.
 * V3. When something is awaited and no event is left, that is an error, not a hang.
 */
import type { Clock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { EventQueue } from "./event-queue.ts"

/** A clock that jumps from event to event. */
export interface SimulationClock extends Clock {
  /**
   * Plays events until the promise settles, and gives what it gave.
   * @throws TrimtabError `internal` when the promise waits for something that no event will bring; what aborted `signal`
   */
  run<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T>
  /** Calls `fn` at an instant of `monotonicMs`, never before now. Cheaper than `after`: it cannot be cancelled. */
  at(atMs: number, fn: () => void): void
  /** Shifts the wall clock alone, as an adjustment does. */
  jumpWall(ms: number): void
  /** Events so far. */
  readonly events: number
  /** Events that are still to come. */
  readonly pending: number
}

/** Start of virtual time: 2026-01-01. */
const START_WALL_MS = 1_767_225_600_000

/** Events played before the process may look at signals and output again. */
const EVENTS_PER_TURN = 2_000

/** Turns of the real event loop that a foreign promise gets to settle before an empty queue counts as standing still. */
const LAST_TURNS = 8

export function simulationClock(startWallMs: number = START_WALL_MS): SimulationClock {
  const queue = new EventQueue()
  let wallMs = startWallMs
  let nowMs = 0
  let events = 0

  const after = (ms: number, fn: () => void): (() => void) => {
    const event = queue.add(nowMs + Math.max(0, ms), fn)
    return () => queue.cancel(event)
  }
  const playNext = (): boolean => {
    const event = queue.take()
    if (event === undefined) return false
    const { fn } = event
    event.fn = null
    if (event.atMs > nowMs) nowMs = event.atMs
    events++
    fn!()
    return true
  }
  return {
    nowMs: () => wallMs + nowMs,
    monotonicMs: () => nowMs,
    after,
    at: (atMs, fn) => void queue.add(Math.max(atMs, nowMs), fn),
    sleep: (ms, signal) => sleep(after, ms, signal),
    jumpWall: (ms) => {
      wallMs += ms
    },
    get events() {
      return events
    },
    get pending() {
      return queue.size
    },
    run: player(playNext, () => nowMs),
  }
}

function sleep(
  after: (ms: number, fn: () => void) => () => void,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(reasonOf(signal))
      return
    }
    const onAbort = (): void => {
      cancel()
      reject(reasonOf(signal))
    }
    const cancel = after(ms, () => {
      signal?.removeEventListener("abort", onAbort)
      resolve()
    })
    signal?.addEventListener("abort", onAbort, { once: true })
  })
}

interface Waiter {
  readonly reject: (error: Error) => void
  readonly signal: AbortSignal | undefined
}

/** Plays events as long as somebody waits; however many wait, one plays. */
function player(playNext: () => boolean, instant: () => number): SimulationClock["run"] {
  const waiters = new Set<Waiter>()
  let playing = false
  let idleTurns = 0
  let inTurn = 0

  const failAll = (error: unknown): void => {
    const reason = error instanceof Error ? error : new Error(String(error))
    for (const waiter of waiters) waiter.reject(reason)
    waiters.clear()
  }
  const dropAborted = (): void => {
    for (const waiter of waiters) {
      if (waiter.signal?.aborted !== true) continue
      waiters.delete(waiter)
      waiter.reject(reasonOf(waiter.signal))
    }
  }
  const step = (): void => {
    if (inTurn === 0) dropAborted()
    playing = waiters.size > 0
    if (!playing) return
    try {
      if (playNext()) idleTurns = 0
      else if (++idleTurns > LAST_TURNS) failAll(standstill(instant()))
    } catch (error) {
      failAll(error)
    }
    inTurn = idleTurns > 0 || inTurn >= EVENTS_PER_TURN ? 0 : inTurn + 1
    if (inTurn > 0) whenQuiet(step)
    else setImmediate(step)
  }
  return (promise, signal) =>
    new Promise((resolve, reject) => {
      const waiter = { reject, signal }
      waiters.add(waiter)
      promise.then(
        (value) => {
          waiters.delete(waiter)
          resolve(value)
        },
        (error: unknown) => {
          waiters.delete(waiter)
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
      if (playing) return
      playing = true
      idleTurns = 0
      inTurn = 0
      whenQuiet(step)
    })
}

/**
 * Calls `fn` when no promise reaction is left to run (V1): ticks of Node run when its queue of microtasks is empty, and
 * a tick that is asked for inside a microtask waits for those that follow. A few hundred ns; a turn of the event loop
 * (`setImmediate`) costs several times that.
 */
function whenQuiet(fn: () => void): void {
  queueMicrotask(() => process.nextTick(fn))
}

function standstill(atMs: number): TrimtabError {
  return new TrimtabError(
    "internal",
    `the simulation stands still at ${Math.round(atMs)} ms of virtual time: something is awaited, but no event is left that could bring it`,
    { fix: "keep real I/O out of a simulation: stores and journals in memory, no timers of the process" },
  )
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error("aborted")
}
