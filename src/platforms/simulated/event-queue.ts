/** Something that is to happen at an instant of virtual time. */
export interface QueuedEvent {
  readonly atMs: number
  /** Ties are broken by the order of making. */
  readonly order: number
  fn: (() => void) | null
}

/** Cancelled events are thrown out together when they are more than the live ones and this many. */
const SWEEP_ABOVE = 256

/**
 * Events by instant: a binary heap. Adding one that is later than most costs O(1), taking the first O(log n);
 * cancelling only marks it. Cancelled events never outnumber the live ones by much, so that timers which nearly always
 * are cancelled (the deadline of every invocation) do not pile up.
 */
export class EventQueue {
  #heap: QueuedEvent[] = []
  #made = 0
  #cancelled = 0

  /** Events that will happen. */
  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  add(atMs: number, fn: () => void): QueuedEvent {
    const event: QueuedEvent = { atMs, order: this.#made++, fn }
    const heap = this.#heap
    heap.push(event)
    this.#rise(heap.length - 1)
    return event
  }

  /** Does nothing to an event that has happened or was cancelled before. */
  cancel(event: QueuedEvent): void {
    if (event.fn === null) return
    event.fn = null
    this.#cancelled++
    if (this.#cancelled > SWEEP_ABOVE && this.#cancelled > this.#heap.length / 2) this.#sweep()
  }

  /** The next event, taken out; undefined when nothing is left. The caller sets `fn` to null once it has called it. */
  take(): QueuedEvent | undefined {
    for (;;) {
      const heap = this.#heap
      const first = heap[0]
      if (first === undefined) return undefined
      const last = heap.pop()!
      if (last !== first) {
        heap[0] = last
        this.#sink(0)
      }
      if (first.fn !== null) return first
      this.#cancelled--
    }
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((event) => event.fn !== null)
    this.#cancelled = 0
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  #rise(from: number): void {
    const heap = this.#heap
    const event = heap[from]!
    let at = from
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up]!
      if (!isBefore(event, parent)) break
      heap[at] = parent
      at = up
    }
    heap[at] = event
  }

  #sink(from: number): void {
    const heap = this.#heap
    const event = heap[from]!
    const { length } = heap
    let at = from
    for (;;) {
      let down = 2 * at + 1
      if (down >= length) break
      if (down + 1 < length && isBefore(heap[down + 1]!, heap[down]!)) down++
      if (!isBefore(heap[down]!, event)) break
      heap[at] = heap[down]!
      at = down
    }
    heap[at] = event
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
