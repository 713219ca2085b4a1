import { messageOf } from "../base/errors.ts"
import { variantOf, type FunctionVariant, type InvokeOutcome } from "../platforms/platform.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { AwaitedAnswer, Ticket } from "./answer-deadlines.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { entryOf, entryWithoutRecord, overtakenEntry, type Times } from "./invocation-entry.ts"
import type { InvocationEntry } from "./records.ts"

/** One invocation, ready to be sent. */
export interface Sending {
  readonly step: string
  readonly call: "tasks" | "split" | "merge"
  readonly functionName: string
  readonly memoryMB: number
  readonly idempotencyKey: string
  readonly repeat: number
  readonly timeoutMs: number
  readonly tasks: number
  readonly processes: number
  /** Made when the invocation is admitted: its deadline counts from then. */
  readonly payload: () => unknown
}

export interface Sent {
  readonly outcome: InvokeOutcome
  readonly entry: InvocationEntry
}

/** An invocation that was sent and may still be answered. */
export interface InFlight {
  readonly sentAtMs: number
  /** What is booked for it when nobody needs its answer any more: billed as far as it has come. */
  overtaken(): InvocationEntry
}

/**
 * Who waits for an invocation: after `departed` one of the other two is called, once. Callbacks, since a promise a layer
 * would cost more.
 */
export interface Sender {
  /** It was admitted and is being sent. */
  departed(flight: InFlight): void
  /** Every end of an invocation is a value. */
  sent(sent: Sent, flight: InFlight): void
  /** Its signal aborted; or a bug. Without a flight it was not sent. */
  failed(error: unknown, flight?: InFlight): void
}

/**
 * How long after its timeout an invocation may still answer, ms: it may wait for admission on the platform. After that
 * the platform is taken for gone.
 */
const ANSWER_MARGIN_MS = 10 * 60_000

export interface Dispatch {
  readonly parts: EngineParts
  readonly run: RunParts
  readonly signal: AbortSignal
  readonly sender: Sender
}

/** Sends one invocation when there is room for it. When `signal` aborts, the answer, if one comes, is ignored. */
export function send(sending: Sending, dispatch: Dispatch): void {
  const { parts, run, signal, sender } = dispatch
  const flight = new Flight(sending, dispatch)
  const wait = parts.admission.enter(run.runId, signal)
  if (wait === null) flight.depart()
  else
    wait.then(
      () => flight.depart(),
      (error: unknown) => sender.failed(error),
    )
}

/** An invocation between its admission and its end. */
class Flight implements AwaitedAnswer, InFlight {
  readonly #sending: Sending
  readonly #on: Dispatch
  readonly #variant: FunctionVariant
  readonly #askedAtMs: number
  #sentAtMs = 0
  #ticket: Ticket | null = null
  #isOver = false
  dueMs = 0

  constructor(sending: Sending, on: Dispatch) {
    this.#sending = sending
    this.#on = on
    this.#variant = variantOf(sending.functionName, sending.memoryMB)
    this.#askedAtMs = on.run.sinceStartMs()
  }

  depart(): void {
    const { parts, run, signal } = this.#on
    const { payload, idempotencyKey, repeat, timeoutMs } = this.#sending
    const variant = this.#variant
    this.#sentAtMs = run.sinceStartMs()
    this.#on.sender.departed(this)
    this.dueMs = parts.clock.monotonicMs() + timeoutMs + ANSWER_MARGIN_MS
    parts.load.began(variant)
    parts.warm.taken(variant)
    this.#ticket = parts.deadlines.add(this, signal)
    if (this.#isOver) return
    try {
      const call = parts.platform.invoke({ variant, payload: payload(), idempotencyKey, repeat, timeoutMs }, signal)
      call.then(
        (outcome) => this.#land(outcome),
        (error: unknown) => this.#land(refusal(error)),
      )
    } catch (error) {
      this.#land(refusal(error))
    }
  }

  get sentAtMs(): number {
    return this.#sentAtMs
  }

  overtaken(): InvocationEntry {
    const nowMs = this.#on.run.sinceStartMs()
    const times: Times = { askedAtMs: this.#askedAtMs, sentAtMs: this.#sentAtMs, nowMs }
    return overtakenEntry(this.#on.parts.platform, this.#sending, times)
  }

  overdue(): void {
    const { functionName, qualifier } = this.#variant
    const ms = this.#sending.timeoutMs + ANSWER_MARGIN_MS
    const message = `invoking ${functionName}:${qualifier} took longer than ${ms} ms`
    this.#land({ kind: "unavailable", message, mayHaveRun: true })
  }

  abandoned(reason: Error): void {
    if (this.#isOver) return
    this.#leave()
    this.#on.sender.failed(reason, this)
  }

  #land(outcome: InvokeOutcome): void {
    if (this.#isOver) return
    const { sender } = this.#on
    try {
      const sent = { outcome, entry: this.#entryOf(outcome) }
      this.#leave()
      sender.sent(sent, this)
    } catch (error) {
      this.#leave()
      sender.failed(error, this)
    }
  }

  /** Gives back what it held. */
  #leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { parts } = this.#on
    if (this.#ticket !== null) parts.deadlines.remove(this.#ticket)
    parts.load.ended(this.#variant)
    parts.admission.release()
  }

  #entryOf(outcome: InvokeOutcome): InvocationEntry {
    const times: Times = {
      askedAtMs: this.#askedAtMs,
      sentAtMs: this.#sentAtMs,
      nowMs: this.#on.run.sinceStartMs(),
    }
    if (!("record" in outcome)) return entryWithoutRecord(this.#sending, outcome.kind, times)
    const { record, kind } = outcome
    const { parts, run } = this.#on
    // An instance that ran out of memory or time is gone.
    if (kind === "ok" || kind === "function-error") parts.warm.added(this.#variant, 1)
    const entry = entryOf(parts.platform, record, { outcome: kind, repeat: this.#sending.repeat, times })
    const prewarmed = run.claimPrewarmed(record)
    this.#tell(kind, record)
    return prewarmed ? { ...entry, prewarmed } : entry
  }

  #tell(outcome: InvokeOutcome["kind"], record: InvocationRecord): void {
    const { parts, run } = this.#on
    if (parts.emit === undefined) return
    const { step, call, tasks, processes } = this.#sending
    const { runId } = run
    parts.emit({ kind: "invocation-ended", runId, step, call, outcome, tasks, processes, record })
  }
}

/** A platform that throws has a bug; the run ends with its words instead of hanging. */
function refusal(error: unknown): InvokeOutcome {
  return { kind: "refused", code: "PlatformError", message: messageOf(error) }
}
