/** Ranges of entries that each step may still choose from, with a bound that holds for all selections within them. */
export interface SearchNode {
  readonly bound: number
  readonly depth: number
  /** By step; plain arrays, which are cheaper to copy than typed ones as long as these. */
  readonly lo: number[]
  readonly hi: number[]
}

/** Open nodes, the lowest bound first; among equals the one pushed last. */
export interface NodeQueue {
  readonly size: () => number
  push(node: SearchNode): void
  pop(): SearchNode | undefined
  /** Infinity when empty. */
  least(): number
}

interface Entry {
  readonly node: SearchNode
  readonly turn: number
}

/** A binary heap: O(log size) a call. */
export function nodeQueue(): NodeQueue {
  const heap: Entry[] = []
  let turn = 0
  const before = (a: Entry, b: Entry): boolean =>
    a.node.bound < b.node.bound || (a.node.bound === b.node.bound && a.turn > b.turn)
  const swap = (i: number, j: number): void => {
    const entry = heap[i]!
    heap[i] = heap[j]!
    heap[j] = entry
  }
  const sift = (): void => {
    for (let at = 0; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
      if (least === at) return
      swap(at, least)
      at = least
    }
  }
  return {
    size: () => heap.length,
    push: (node) => {
      heap.push({ node, turn: turn++ })
      for (let at = heap.length - 1; at > 0;) {
        const above = (at - 1) >> 1
        if (!before(heap[at]!, heap[above]!)) break
        swap(at, above)
        at = above
      }
    },
    pop: () => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined) return undefined
      if (heap.length > 0) {
        heap[0] = last
        sift()
      }
      return first.node
    },
    least: () => heap[0]?.node.bound ?? Infinity,
  }
}
