/**
 * Positions by key, the least first, the lower position among equals: a binary heap, and a list to look through once
 * there are few. Keys are set by `key[position]`.
 */
export interface BreakpointHeap {
  readonly key: Float64Array
  readonly items: Int32Array
  size: number
}

export function breakpointHeap(capacity: number): BreakpointHeap {
  return { key: new Float64Array(capacity), items: new Int32Array(capacity), size: 0 }
}

/** So few are looked through faster than kept in order. */
const FEW = 24

/** The position with the least key. The heap must not be empty. */
export function least(heap: BreakpointHeap): number {
  const { key, items, size } = heap
  if (size > FEW) return items[0]!
  let at = 0
  for (let i = 1; i < size; i++) if (before(key, items[i]!, items[at]!)) at = i
  const found = items[at]!
  items[at] = items[0]!
  items[0] = found
  return found
}

/** Orders items that were appended in any order. O(size). */
export function heapify(heap: BreakpointHeap): void {
  if (heap.size <= FEW) return
  for (let at = (heap.size >>> 1) - 1; at >= 0; at--) sink(heap, at)
}

/** Takes off the position that `least` gave. */
export function pop(heap: BreakpointHeap): void {
  const last = heap.items[--heap.size]!
  if (heap.size === 0) return
  heap.items[0] = last
  if (heap.size > FEW) sink(heap, 0)
}

/** Restores the order after the key of the position that `least` gave rose. */
export function resift(heap: BreakpointHeap): void {
  if (heap.size > FEW) sink(heap, 0)
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
