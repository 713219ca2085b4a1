import { paretoOrder } from "../pareto.ts"
import type { CostCurve } from "../selection-problem.ts"

/**
 * A part of a workflow as one frontier: a step, nothing at all, or two parts one after the other or side by side.
 * `latencyMs` rises and `costUsd` falls strictly; `left` and `right` name the entries of the two parts behind an entry.
 */
export type Node =
  | (Curve & { readonly kind: "step"; readonly index: number })
  | (Curve & { readonly kind: "zero" })
  | (Curve & {
      readonly kind: "series" | "parallel"
      readonly a: Node
      readonly b: Node
      readonly left: Int32Array
      readonly right: Int32Array
    })

export interface Curve extends CostCurve {
  /** Nothing within the same time is cheaper than an entry's cost divided by this; 1 is exact. */
  readonly error: number
}

/** Pairs that a series merge may enumerate; with more, its parts are thinned first. */
const MAX_PAIRS = 1_000_000

/** Entries that a parallel merge keeps: wide forks would have one for every entry of every branch. */
const MAX_ENTRIES = 50_000

/** Thinning starts with this relative cost error and doubles it until the part is small enough. */
const FIRST_DELTA = 1e-7

export const ZERO: Node = { kind: "zero", latencyMs: new Float64Array(1), costUsd: new Float64Array(1), error: 1 }

export function stepNode({ latencyMs, costUsd }: CostCurve, index: number): Node {
  return { kind: "step", index, latencyMs, costUsd, error: 1 }
}

/** Pairs of entries that a merge in series of two parts tries; none where one of them takes no time. */
export function pairsOf(a: Node, b: Node): number {
  if (a.kind === "zero" || b.kind === "zero") return 0
  return Math.min(MAX_PAIRS, a.latencyMs.length * b.latencyMs.length)
}

/** One part after the other: all pairs, times and costs add. */
export function series(first: Node, second: Node): Node {
  if (first.kind === "zero") return second
  if (second.kind === "zero") return first
  const [a, b] = thinPair(first, second)
  const [rows, columns] = [a.latencyMs.length, b.latencyMs.length]
  const count = rows * columns
  const latencyMs = new Float64Array(count)
  const costUsd = new Float64Array(count)
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      latencyMs[at] = a.latencyMs[i]! + b.latencyMs[j]!
      costUsd[at] = a.costUsd[i]! + b.costUsd[j]!
    }
  const order = paretoOrder({ count, latencyMs, costUsd })
  return {
    kind: "series",
    a,
    b,
    latencyMs: Float64Array.from(order, (at) => latencyMs[at]!),
    costUsd: Float64Array.from(order, (at) => costUsd[at]!),
    left: order.map((at) => Math.floor(at / columns)),
    right: order.map((at) => at % columns),
    error: Math.max(a.error, b.error),
  }
}

/** Two parts side by side: at every time of either, the cheapest of both that fit. */
export function parallel(a: Node, b: Node): Node {
  if (a.kind === "zero") return b
  if (b.kind === "zero") return a
  const most = a.latencyMs.length + b.latencyMs.length
  const [latencyMs, costUsd] = [new Float64Array(most), new Float64Array(most)]
  const [left, right] = [new Int32Array(most), new Int32Array(most)]
  const [timesA, timesB, costsA, costsB] = [a.latencyMs, b.latencyMs, a.costUsd, b.costUsd]
  const [lastA, lastB] = [timesA.length - 1, timesB.length - 1]
  let size = 0
  for (let i = 0, j = 0; ; size++) {
    const time = Math.max(timesA[i]!, timesB[j]!)
    // Both go on to their cheapest entry within that time.
    while (i < lastA && timesA[i + 1]! <= time) i++
    while (j < lastB && timesB[j + 1]! <= time) j++
    latencyMs[size] = time
    costUsd[size] = costsA[i]! + costsB[j]!
    left[size] = i
    right[size] = j
    if (i === lastA && j === lastB) break
    if (j === lastB || (i < lastA && timesA[i + 1]! <= timesB[j + 1]!)) i++
    else j++
  }
  const end = size + 1
  const cut = { latencyMs: latencyMs.slice(0, end), costUsd: costUsd.slice(0, end), error: Math.max(a.error, b.error) }
  return thin({ kind: "parallel", a, b, ...cut, left: left.slice(0, end), right: right.slice(0, end) }, MAX_ENTRIES)
}

/** Writes the entry of every step behind an entry of a node into the selection. */
export function select(node: Node, entry: number, selection: Int32Array): void {
  const open: { readonly node: Node; readonly entry: number }[] = [{ node, entry }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, entry } = next
    if (node.kind === "zero") continue
    if (node.kind === "step") selection[node.index] = entry
    else open.push({ node: node.a, entry: node.left[entry]! }, { node: node.b, entry: node.right[entry]! })
  }
}

/** Thins the larger part, or both, until their pairs are few enough. */
function thinPair(a: Node, b: Node): [Node, Node] {
  if (a.latencyMs.length * b.latencyMs.length <= MAX_PAIRS) return [a, b]
  const side = Math.floor(Math.sqrt(MAX_PAIRS))
  const [small, large] = [a, b].map((node) => node.latencyMs.length).sort((x, y) => x - y)
  const most = Math.max(side, Math.floor(MAX_PAIRS / Math.min(small!, side)))
  const thinned = large! > most ? most : side
  return [
    thin(a, Math.min(thinned, Math.max(side, a.latencyMs.length))),
    thin(b, Math.min(thinned, Math.max(side, b.latencyMs.length))),
  ]
}

/** A node with at most `most` entries: one is dropped when the kept one before it costs hardly more. */
function thin(node: Node, most: number): Node {
  if (node.kind === "zero" || node.latencyMs.length <= most) return node
  for (let delta = FIRST_DELTA; ; delta *= 2) {
    const kept = keepBy(node.costUsd, delta, most)
    if (kept === null) continue
    const [latencyMs, costUsd] = [new Float64Array(kept.length), new Float64Array(kept.length)]
    for (let k = 0; k < kept.length; k++) {
      latencyMs[k] = node.latencyMs[kept[k]!]!
      costUsd[k] = node.costUsd[kept[k]!]!
    }
    const error = node.error * (1 + delta)
    // A thinned part is its original in series with nothing: entries are found through `left`.
    return {
      kind: "series",
      a: node,
      b: ZERO,
      latencyMs,
      costUsd,
      error,
      left: kept,
      right: new Int32Array(kept.length),
    }
  }
}

/** Entries that cost less than the kept one before by more than delta; null for more than `most`. */
function keepBy(costUsd: Float64Array, delta: number, most: number): Int32Array | null {
  const kept = new Int32Array(most)
  let count = 0
  let last = Infinity
  for (let at = 0; at < costUsd.length; at++) {
    if (costUsd[at]! * (1 + delta) > last) continue
    if (count === most) return null
    kept[count++] = at
    last = costUsd[at]!
  }
  return kept.slice(0, count)
}
