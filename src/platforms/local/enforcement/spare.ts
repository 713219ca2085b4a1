import type { ProcessGroup } from "./layer.ts"

/** A group made before it is asked for. */
export interface Prepared extends ProcessGroup {
  /** False when its process has ended. */
  readonly isAlive: boolean
  /** True when its process waits inside. */
  readonly isReady: boolean
}

/** So that what ended has left before the spare is made, and several ends make one. */
const PAUSE_MS = 20

/**
 * Keeps one group of one kind ahead of its use. It is made when an instance came to rest or ended, not when it was
 * taken: then the next measurement has most likely just begun.
 */
export class Spare<Kind, Group extends Prepared> {
  readonly #make: (kind: Kind) => Group
  #spare: { readonly kind: Kind; readonly group: Group } | null = null
  #wanted: Kind
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(kind: Kind, make: (kind: Kind) => Group) {
    this.#wanted = kind
    this.#make = make
  }

  /** The spare, when there is one of this kind and it is ready. The next one will be of this kind. */
  take(kind: Kind): Group | null {
    this.#wanted = kind
    if (this.#spare?.kind !== kind || !this.#spare.group.isReady) return null
    const { group } = this.#spare
    this.#spare = null
    return group
  }

  /** Makes a new one soon, unless there is one that serves or soon will. Never throws: a spare is never needed. */
  renew(): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#spare?.kind === this.#wanted && this.#spare.group.isAlive) return
      const old = this.#spare
      this.#spare = null
      void old?.group.destroy()
      try {
        this.#spare = { kind: this.#wanted, group: this.#make(this.#wanted) }
      } catch {
        // The machine refuses a group or a process: whoever needs one is told so.
      }
    }, PAUSE_MS)
    this.#timer.unref()
  }

  /** Removes it for good. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    const spare = this.#spare
    this.#spare = null
    await spare?.group.destroy()
  }
}
