import type { Clock } from "../base/clock.ts"
import type { PredictedStep } from "../optimization/policy.ts"
import { median } from "../statistics/order-statistics.ts"
import { usdPerMs } from "./time-worth.ts"

/** A part of a step that is on its way. */
export interface Flying {
  /** When its invocation was sent, ms since the run's start. */
  readonly departedAtMs: number
  /** Sends a duplicate of it. */
  hedge(): void
}

export interface SiblingsOptions {
  readonly clock: Clock
  readonly sinceStartMs: () => number
  readonly partCount: number
  readonly predicted: PredictedStep
  /** Takes a duplicate out of the run's allowance; false where there is none left, or no room for it. */
  readonly mayHedge: () => boolean
}

/** Share of a step's parts that must be done before a part of it counts as a straggler. */
const DONE_SHARE = 0.75

/** A straggler has taken so many times the median of its siblings. */
const MEDIANS = 2

/**
 * The parts of one attempt of a step, of which those that fall behind get a duplicate: when three quarters are done, the
 * parts beyond max(predicted percentile, twice the median of their siblings). One timer serves all of them.
 */
export class Siblings {
  readonly #options: SiblingsOptions
  readonly #flying = new Set<Flying>()
  readonly #hedged = new Set<Flying>()
  readonly #tookMs: number[] = []
  #disarm: (() => void) | null = null

  constructor(options: SiblingsOptions) {
    this.#options = options
  }

  departed(part: Flying): void {
    this.#flying.add(part)
    this.#arm()
  }

  /** It is not on its way any more; `tookMs` where it brought its result. */
  landed(part: Flying, tookMs: number | null): void {
    this.#flying.delete(part)
    if (tookMs !== null) this.#tookMs.push(tookMs)
    this.#arm()
  }

  close(): void {
    this.#disarm?.()
    this.#disarm = null
    this.#flying.clear()
  }

  #arm(): void {
    this.#disarm?.()
    this.#disarm = null
    const { clock, sinceStartMs } = this.#options
    const open = this.#open()
    if (open.length === 0) return
    const dueMs = Math.min(...open.map(({ departedAtMs }) => departedAtMs)) + this.#patienceMs()
    this.#disarm = clock.after(Math.max(0, dueMs - sinceStartMs()), () => this.#due())
  }

  /** Parts that may get a duplicate; none before enough of the step is done. */
  #open(): readonly Flying[] {
    if (this.#tookMs.length < DONE_SHARE * this.#options.partCount) return []
    return [...this.#flying].filter((part) => !this.#hedged.has(part))
  }

  #patienceMs(): number {
    return Math.max(this.#options.predicted.percentileMs, MEDIANS * median(this.#tookMs))
  }

  #due(): void {
    this.#disarm = null
    const nowMs = this.#options.sinceStartMs()
    const patienceMs = this.#patienceMs()
    for (const part of this.#open()) {
      const elapsedMs = nowMs - part.departedAtMs
      // Timers may fire a moment early.
      if (elapsedMs < patienceMs - 1) continue
      this.#hedged.add(part)
      if (this.#pays(elapsedMs) && this.#options.mayHedge()) part.hedge()
    }
    this.#arm()
  }

  /**
   * Long tails fall off slowly: what has taken so long is expected to take as long again, while a duplicate takes what its
   * siblings took. The difference, at what a millisecond of the step is worth, must be more than another invocation costs.
   */
  #pays(elapsedMs: number): boolean {
    const { predicted, partCount } = this.#options
    const savedMs = elapsedMs - median(this.#tookMs)
    return savedMs * usdPerMs(predicted) > predicted.costUsd / partCount
  }
}
