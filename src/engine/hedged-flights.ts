import type { InFlight } from "./dispatcher.ts"
import type { RunParts } from "./engine-parts.ts"
import { OVERTAKEN } from "./invocation-entry.ts"
import type { InvocationEntry } from "./records.ts"
import type { Flying, Siblings } from "./siblings.ts"

export interface HedgedFlightsOptions {
  readonly siblings: Siblings
  readonly run: RunParts
  /** The books of the part. */
  readonly invocations: InvocationEntry[]
  /** Sends a duplicate of what is on its way. */
  readonly send: () => void
}

/**
 * The invocations of one part that may get a duplicate. The first answer with a result settles the part; the other one is
 * booked as overtaken and never applied, whenever it comes. A failure counts only when nothing else is on its way.
 */
export class HedgedFlights implements Flying {
  readonly #on: HedgedFlightsOptions
  /** On their way: the first invocation, and perhaps its duplicate. */
  readonly #open: InFlight[] = []
  #duplicate: InFlight | null = null
  #isHedging = false
  #isWon = false
  departedAtMs = 0

  constructor(options: HedgedFlightsOptions) {
    this.#on = options
  }

  /** One invocation is on its way, and nothing has settled the part. */
  get mayHedge(): boolean {
    return this.#open.length === 1 && !this.#isWon && !this.#isHedging
  }

  hedge(): void {
    if (this.mayHedge) this.#on.send()
  }

  /** What departs next is the duplicate. */
  hedging(): void {
    this.#isHedging = true
  }

  departed(flight: InFlight): void {
    this.#open.push(flight)
    if (this.#isHedging) {
      this.#duplicate = flight
    } else {
      this.departedAtMs = flight.sentAtMs
      this.#on.siblings.departed(this)
    }
  }

  /** Books an answer; false when the part does not go on by it. */
  landed(flight: InFlight, entry: InvocationEntry): boolean {
    if (this.#on.run.hedging?.late(flight, entry) === true) return false
    this.#remove(flight)
    if (this.#isWon) {
      this.#book(flight, { ...entry, outcome: OVERTAKEN })
      return false
    }
    this.#book(flight, entry)
    const isDone = entry.outcome === "ok"
    this.#isWon = isDone
    if (!isDone && this.#open.length > 0) return false
    this.#on.siblings.landed(this, isDone ? this.#on.run.sinceStartMs() - this.departedAtMs : null)
    return true
  }

  /** An invocation that nobody waits for any more; true when the part does not need it. */
  abandoned(flight: InFlight): boolean {
    return this.#on.run.hedging?.abandoned(flight) === true
  }

  /** The part has its result, or begins anew: what is still on its way is overtaken. */
  settled(): void {
    for (const flight of this.#open) this.#on.run.hedging?.overtaken(flight, this.#book(flight, flight.overtaken()))
    this.#open.length = 0
    this.#duplicate = null
    this.#isHedging = false
    this.#isWon = false
  }

  #book(flight: InFlight, entry: InvocationEntry): InvocationEntry {
    const booked: InvocationEntry = flight === this.#duplicate ? { ...entry, hedge: true } : entry
    this.#on.invocations.push(booked)
    return booked
  }

  #remove(flight: InFlight): void {
    const at = this.#open.indexOf(flight)
    if (at >= 0) this.#open.splice(at, 1)
  }
}
