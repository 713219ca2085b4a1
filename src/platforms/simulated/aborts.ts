/** Whom an abort ends. */
export interface Abortable {
  aborted(): void
}

/**
 * One listener a signal, however many calls are in flight under it: adding and removing one for each call would cost more
 * than the call.
 */
export class Aborts {
  readonly #bySignal = new WeakMap<AbortSignal, Set<Abortable>>()

  add(signal: AbortSignal, call: Abortable): void {
    this.#groupOf(signal).add(call)
  }

  remove(signal: AbortSignal, call: Abortable): void {
    this.#groupOf(signal).delete(call)
  }

  #groupOf(signal: AbortSignal): Set<Abortable> {
    let group = this.#bySignal.get(signal)
    if (group === undefined) {
      const made = new Set<Abortable>()
      signal.addEventListener(
        "abort",
        () => {
          for (const call of made) call.aborted()
        },
        { once: true },
      )
      this.#bySignal.set(signal, made)
      group = made
    }
    return group
  }
}
