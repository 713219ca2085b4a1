import type { Clock } from "../base/clock.ts"
import type { Json } from "../base/json.ts"
import { ENVELOPE_VERSION, type TaskEnvelope, type TaskError } from "../protocol/envelope.ts"
import { send, type InFlight, type Sender, type Sending, type Sent } from "./dispatcher.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { HedgedFlights } from "./hedged-flights.ts"
import { outputKeyOf } from "./keys.ts"
import { parsePartAnswer } from "./part-answer.ts"
import { type Carried, carryTasks, fetchResults } from "./part-payload.ts"
import { afterAnswer, afterError, afterFailure, newProgress, type PartCall, type Progress } from "./part-progress.ts"
import type { PartRecord } from "./records.ts"
import type { Siblings } from "./siblings.ts"

/**
 * The platform tells the instance its own, tighter deadline. This one only ends work whose caller is long gone, so it
 * leaves room for queues and for clocks that differ, ms.
 */
const DEADLINE_SLACK_MS = 10 * 60_000

export interface PartOptions {
  readonly parts: EngineParts
  readonly run: RunParts
  readonly call: PartCall
  readonly signal: AbortSignal
  /** Absent where the part never gets a duplicate. */
  readonly siblings?: Siblings | null
}

/** Who waits for a part: one of the two is called, once. */
export interface PartWaiter {
  readonly ended: (record: PartRecord) => void
  /** The signal aborted; or a bug. */
  readonly failed: (error: unknown) => void
}

/**
 * Brings one part to its end: sends it, and again as its outcome allows. Retries keep the part's key (E5); a repetition
 * of some of its tasks has a key derived from it.
 */
export function startPart(options: PartOptions, waiter: PartWaiter): void {
  new PartRun(options, waiter).begin()
}

/** As `startPart`; rejects where it fails. */
export function invokePart(options: PartOptions): Promise<PartRecord> {
  return new Promise((ended, failed) => startPart(options, { ended, failed }))
}

/** One part on its way. No promise where nothing is to wait for: this is on the path of every invocation. */
class PartRun implements Sender {
  readonly #on: PartOptions
  readonly #waiter: PartWaiter
  readonly #progress: Progress
  /** Where it may get a duplicate: its invocations that may still be answered. */
  readonly #flights: HedgedFlights | null

  constructor(options: PartOptions, waiter: PartWaiter) {
    this.#on = options
    this.#waiter = waiter
    this.#progress = newProgress(options.call, options.run.sinceStartMs())
    const { siblings = null, run } = options
    this.#flights =
      siblings === null
        ? null
        : new HedgedFlights({ siblings, run, invocations: this.#progress.invocations, send: () => this.#hedge() })
  }

  begin(): void {
    const { parts, run } = this.#on
    run.budget.called()
    parts.platformBudget.called()
    parts.hedgeAllowance.called()
    this.#try()
  }

  departed(flight: InFlight): void {
    this.#flights?.departed(flight)
  }

  sent({ outcome, entry }: Sent, flight: InFlight): void {
    const { parts, run, call, signal } = this.#on
    const progress = this.#progress
    if (this.#flights === null) progress.invocations.push(entry)
    else if (!this.#flights.landed(flight, entry)) return
    if (outcome.kind !== "ok") {
      this.#goOn(afterFailure(outcome, this.#key(), call, { progress, run }))
      return
    }
    const answer = parsePartAnswer(outcome.payload)
    if (answer === null) {
      this.#erred("BadAnswer", "the function answered something that is no answer of the wrapper")
    } else if ("$ref" in answer.results) {
      void this.#after(fetchResults(parts, answer.results, signal), (results) => this.#answered(results, answer.errors))
    } else {
      this.#answered(answer.results, answer.errors)
    }
  }

  failed(error: unknown, flight?: InFlight): void {
    if (flight !== undefined && this.#flights?.abandoned(flight) === true) return
    this.#waiter.failed(error)
  }

  #try(): void {
    const { parts, call, signal } = this.#on
    const { open } = this.#progress
    const tasks = open.length === call.tasks.length ? call.tasks : open.map((place) => call.tasks[place]!)
    const key = this.#key()
    const carrying = carryTasks(parts, key, tasks, signal)
    if (carrying instanceof Promise) void this.#after(carrying, (carried) => this.#send(key, tasks.length, carried))
    else this.#send(key, tasks.length, carrying)
  }

  #send(key: string, tasks: number, carried: Carried | null): void {
    if (carried === null) this.#erred("StoreFailed", "the tasks could not be written to the store")
    else this.#depart(key, tasks, carried)
  }

  /** Sends the part once more while it is on its way; nothing when that is over by the time its tasks are carried. */
  #hedge(): void {
    const { parts, call, signal } = this.#on
    const { open } = this.#progress
    const tasks = open.map((place) => call.tasks[place]!)
    const key = this.#key()
    const go = (carried: Carried | null): void => {
      if (carried === null || this.#flights?.mayHedge !== true) return
      this.#progress.repeat++
      this.#flights.hedging()
      this.#depart(key, tasks.length, carried)
    }
    const carrying = carryTasks(parts, key, tasks, signal)
    if (carrying instanceof Promise) carrying.then(go, () => {})
    else go(carrying)
  }

  #depart(key: string, tasks: number, carried: Carried): void {
    const { parts, run, call, signal } = this.#on
    const { repeat } = this.#progress
    send(sendingOf(call, { key, carried, tasks, repeat, clock: parts.platform.clock }), {
      parts,
      run,
      signal,
      sender: this,
    })
  }

  /** Null: the results could not be read. */
  #answered(results: readonly Json[] | null, errors: readonly TaskError[]): void {
    const { run, call } = this.#on
    const progress = this.#progress
    if (results === null) {
      const message = "the results could not be read from the store"
      this.#goOn(afterFailure({ kind: "unavailable", message, mayHaveRun: true }, this.#key(), call, { progress, run }))
    } else if (results.length === progress.open.length) {
      this.#goOn(afterAnswer(results, errors, call, { progress, run }))
    } else {
      this.#erred("BadAnswer", `${results.length} results came back for ${progress.open.length} tasks`)
    }
  }

  #erred(errorType: string, message: string): void {
    const { run, call } = this.#on
    this.#goOn(afterError({ errorType, message }, this.#key(), call, { progress: this.#progress, run }))
  }

  /** What follows: an end, or another try after a wait, ms. */
  #goOn(waitMs: number | null): void {
    this.#flights?.settled()
    if (waitMs !== null) {
      void this.#after(this.#waitForRetry(waitMs), () => this.#try())
      return
    }
    const { results, errors, invocations, open, openCause } = this.#progress
    this.#waiter.ended({ part: this.#on.call.part, results, errors, open, openCause, invocations })
  }

  /** Until the wait is over and the run's and the platform's budgets have a retry to spare. */
  async #waitForRetry(waitMs: number): Promise<void> {
    const { parts, run, signal } = this.#on
    if (waitMs > 0) await parts.clock.sleep(waitMs, signal)
    for (const budget of [run.budget, parts.platformBudget])
      for (let ms = budget.tryTake(); ms > 0; ms = budget.tryTake()) await parts.clock.sleep(ms, signal)
  }

  async #after<T>(promise: Promise<T>, next: (value: T) => void): Promise<void> {
    try {
      next(await promise)
    } catch (error) {
      this.failed(error)
    }
  }

  #key(): string {
    const { key } = this.#on.call
    const { round } = this.#progress
    return round === 0 ? key : `${key}.${round}`
  }
}

interface Ready {
  readonly key: string
  readonly carried: Carried
  /** Number of tasks. */
  readonly tasks: number
  readonly repeat: number
  readonly clock: Clock
}

function sendingOf(call: PartCall, { key, carried, tasks, repeat, clock }: Ready): Sending {
  const { step, kind, functionName, memoryMB, processes, part, partCount, timeoutMs } = call
  const payload = (): TaskEnvelope => ({
    $trimtab: {
      v: ENVELOPE_VERSION,
      key,
      repeat,
      part: [part, partCount],
      processes,
      call: call.call,
      // A split only hands files on.
      ...(kind === "split" ? { files: "leave" as const } : {}),
      ...carried,
      outputKey: outputKeyOf(key),
      deadlineMs: Math.round(clock.nowMs() + timeoutMs + DEADLINE_SLACK_MS),
    },
  })
  return { step, call: kind, functionName, memoryMB, timeoutMs, processes, tasks, idempotencyKey: key, repeat, payload }
}
