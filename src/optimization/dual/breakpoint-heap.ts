/** A binary heap of positions, least key first, the lower position among equals. Keys are set by `key[position]`. */
export interface BreakpointHeap {
  readonly key: Float64Array
  readonly items: Int32Array
  size: number
}

export function breakpointHeap(capacity: number): BreakpointHeap {
  return { key: new Float64Array(capacity), items: new Int32Array(capacity), size: 0 }
}

/** Orders items that were appended in any order. O(size). */
export function heapify(heap: BreakpointHeap): void {
  for (let at = (heap.size >>> 1) - 1; at >= 0; at--) sink(heap, at)
}

/** Takes the top off. */
export function pop(heap: BreakpointHeap): void {
  const last = heap.items[--heap.size]!
  if (heap.size === 0) return
  heap.items[0] = last
  sink(heap, 0)
}

/** Restores the order after the key of the top rose. */
export function resift(heap: BreakpointHeap): void {
  sink(heap, 0)
}

function sink({ key, items, size }: BreakpointHeap, start: number): void {
  const item = items[start]!
  const itemKey = key[item]!
  let at = start
  for (;;) {
    let child = 2 * at + 1
    if (child >= size) break
    const right = child + 1
    if (right < size && before(key, items[right]!, items[child]!)) child = right
    const below = items[child]!
    const belowKey = key[below]!
    if (itemKey < belowKey || (itemKey === belowKey && item < below)) break
    items[at] = below
    at = child
  }
  items[at] = item
}

function before(key: Float64Array, a: number, b: number): boolean {
  const difference = key[a]! - key[b]!
  return difference < 0 || (difference === 0 && a < b)
}
