/** Whom an abort ends. */
export interface Abortable {
  /** Its place among those of its signal; kept by `Aborts`. */
  place: number
  aborted(): void
}

/**
 * One listener a signal, however many calls are in flight under it: adding and removing one for each call would cost more
 * than the call. Places in a list instead of a Set: sets that are filled and emptied without end keep garbage alive from
 * collection to collection, which costs as much again as all the rest of an invocation.
 */
export class Aborts {
  readonly #bySignal = new WeakMap<AbortSignal, Abortable[]>()

  add(signal: AbortSignal, call: Abortable): void {
    const group = this.#groupOf(signal)
    call.place = group.length
    group.push(call)
  }

  /** Must be among them. */
  remove(signal: AbortSignal, call: Abortable): void {
    const group = this.#groupOf(signal)
    const last = group.pop()
    if (last === undefined || last === call) return
    group[call.place] = last
    last.place = call.place
  }

  #groupOf(signal: AbortSignal): Abortable[] {
    let group = this.#bySignal.get(signal)
    if (group === undefined) {
      const made: Abortable[] = []
      const onAbort = (): void => {
        for (const call of made.splice(0)) call.aborted()
      }
      signal.addEventListener("abort", onAbort, { once: true })
      this.#bySignal.set(signal, made)
      group = made
    }
    return group
  }
}
