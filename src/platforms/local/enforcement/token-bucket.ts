/** The bucket holds this much time's quota: shorter is closer to a real scheduler and dearer. */
export const BUCKET_MS = 40

/** CPU time that may be used, filled at the rate of the quota, drained by what is used. */
export class TokenBucket {
  #cores: number
  #balanceMs = 0

  constructor(cores: number) {
    this.#cores = cores
  }

  /** A new rate; what is in the bucket stays. */
  setCores(cores: number): void {
    this.#cores = cores
  }

  /** Time passed, and CPU was used in it. */
  account(elapsedMs: number, usedMs: number): void {
    this.#balanceMs = Math.min(this.#cores * BUCKET_MS, this.#balanceMs + this.#cores * elapsedMs - usedMs)
  }

  /** What was owed before is forgiven. */
  forgive(): void {
    this.#balanceMs = Math.max(0, this.#balanceMs)
  }

  get isEmpty(): boolean {
    return this.#balanceMs <= 0
  }

  /** Until it is half full again. */
  get refillMs(): number {
    return Math.max(0, 0.5 * BUCKET_MS - this.#balanceMs / this.#cores)
  }

  /** Until threads on this many cores could have emptied it. */
  drainMs(cores: number): number {
    return Math.max(0, this.#balanceMs) / Math.max(1, cores)
  }
}
