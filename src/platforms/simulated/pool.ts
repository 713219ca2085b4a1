import type { FunctionVariant } from "../platform.ts"

/** A live instance of a simulated platform. */
export interface SimulatedInstance {
  /** `name:1024MB/7`. */
  readonly name: string
  readonly variant: FunctionVariant
  /** Factor on its compute times. */
  readonly factor: number
  /** Invocations so far. */
  calls: number
  /** Virtual instant at which it is gone if nobody uses it. */
  expiresAtMs: number
  restsSinceMs: number
  /** Where it lives, in a cluster. */
  readonly worker: number
}

/** Idle instances of the variants, the most recently used on top, so that the others grow old and leave. */
export class WarmPool {
  readonly #idle = new Map<string, SimulatedInstance[]>()
  /** No idle instance expires before this. */
  #earliestMs = Infinity
  /** Told of every instance that leaves because nobody used it. */
  readonly #onGone: (instance: SimulatedInstance) => void

  constructor(onGone: (instance: SimulatedInstance) => void) {
    this.#onGone = onGone
  }

  /** The most recently used idle instance; undefined when none is warm. O(1) but for those that are gone. */
  take(variantName: string, nowMs: number): SimulatedInstance | undefined {
    const idle = this.#idle.get(variantName)
    if (idle === undefined) return undefined
    for (let instance = idle.pop(); instance !== undefined; instance = idle.pop()) {
      if (instance.expiresAtMs > nowMs) return instance
      this.#onGone(instance)
    }
    return undefined
  }

  put(variantName: string, instance: SimulatedInstance): void {
    if (instance.expiresAtMs < this.#earliestMs) this.#earliestMs = instance.expiresAtMs
    const idle = this.#idle.get(variantName)
    if (idle === undefined) this.#idle.set(variantName, [instance])
    else idle.push(instance)
  }

  /** Idle instances of each variant that has any. */
  counts(nowMs: number): ReadonlyMap<string, number> {
    this.sweep(nowMs)
    const counts = new Map<string, number>()
    for (const [name, idle] of this.#idle) if (idle.length > 0) counts.set(name, idle.length)
    return counts
  }

  /** Takes out what has expired. Nothing to do is known at once. */
  sweep(nowMs: number): void {
    if (nowMs < this.#earliestMs) return
    this.#earliestMs = Infinity
    for (const [name, idle] of this.#idle) {
      const left: SimulatedInstance[] = []
      for (const instance of idle) {
        if (instance.expiresAtMs <= nowMs) {
          this.#onGone(instance)
          continue
        }
        left.push(instance)
        if (instance.expiresAtMs < this.#earliestMs) this.#earliestMs = instance.expiresAtMs
      }
      this.#idle.set(name, left)
    }
  }

  /** Takes out the idle instance that has not been used for longest; undefined when there is none. O(variants). */
  evictOldest(): SimulatedInstance | undefined {
    let oldest: SimulatedInstance | undefined
    let from: SimulatedInstance[] | undefined
    for (const idle of this.#idle.values()) {
      const first = idle[0]
      if (first === undefined || (oldest !== undefined && first.restsSinceMs >= oldest.restsSinceMs)) continue
      oldest = first
      from = idle
    }
    from?.shift()
    return oldest
  }

  /** Drops the idle instances of the variants that match. */
  drop(matches: (variantName: string) => boolean): void {
    for (const [name, idle] of this.#idle) {
      if (!matches(name)) continue
      for (const instance of idle) this.#onGone(instance)
      this.#idle.delete(name)
    }
  }
}
