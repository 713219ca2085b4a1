import type { AdmissionMode } from "./options.ts"

/** A right to use vCPU, until it is released. */
export interface AdmissionTicket {
  readonly waitMs: number
  release(): void
}

export type AdmissionAnswer = { readonly ticket: AdmissionTicket } | { readonly refused: string }

interface Waiting {
  readonly vcpus: number
  readonly sinceMs: number
  readonly admit: () => void
}

/** Longest wait in the queue; a client's deadline should not pass unseen. */
const QUEUE_TIMEOUT_MS = 60_000

/**
 * Keeps the vCPU of all busy instances within what the cores give, so that a measurement is not contention. First
 * come, first served: a large request is not overtaken for ever by small ones. One that alone exceeds the total
 * runs alone.
 */
export class Admission {
  readonly #total: number
  readonly #mode: AdmissionMode
  #used = 0
  readonly #queue: Waiting[] = []

  constructor(vcpuTotal: number, mode: AdmissionMode) {
    this.#total = vcpuTotal
    this.#mode = mode
  }

  get usedVcpus(): number {
    return this.#used
  }

  get queued(): number {
    return this.#queue.length
  }

  async admit(vcpus: number): Promise<AdmissionAnswer> {
    if (this.#mode === "off") return { ticket: { waitMs: 0, release: () => {} } }
    const startMs = performance.now()
    if (this.#queue.length === 0 && this.#fits(vcpus)) return { ticket: this.#take(vcpus, startMs) }
    if (this.#mode === "reject") return { refused: `${this.#describe()}; admission is "reject"` }
    return await this.#wait(vcpus, startMs)
  }

  #wait(vcpus: number, startMs: number): Promise<AdmissionAnswer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const index = this.#queue.indexOf(waiting)
        if (index >= 0) this.#queue.splice(index, 1)
        resolve({ refused: `${this.#describe()} for ${QUEUE_TIMEOUT_MS / 1000} s` })
        this.#advance()
      }, QUEUE_TIMEOUT_MS)
      const waiting: Waiting = {
        vcpus,
        sinceMs: startMs,
        admit: () => {
          clearTimeout(timer)
          resolve({ ticket: this.#take(vcpus, startMs) })
        },
      }
      this.#queue.push(waiting)
    })
  }

  #take(vcpus: number, startMs: number): AdmissionTicket {
    this.#used += vcpus
    let released = false
    return {
      waitMs: performance.now() - startMs,
      release: () => {
        if (released) return
        released = true
        this.#used = Math.max(0, this.#used - vcpus)
        this.#advance()
      },
    }
  }

  #advance(): void {
    while (this.#queue.length > 0 && this.#fits(this.#queue[0]!.vcpus)) this.#queue.shift()?.admit()
  }

  #fits(vcpus: number): boolean {
    // Sums of shares such as 1024 / 1769 are not exact.
    return this.#used < 1e-9 || this.#used + vcpus <= this.#total + 1e-9
  }

  #describe(): string {
    return `${this.#used.toFixed(2)} of ${this.#total.toFixed(2)} vCPU are busy`
  }
}
