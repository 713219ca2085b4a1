import type { Random } from "../../base/random.ts"

/** What each step may use of the bound, by step index. */
export type Allowances = ArrayLike<number>

/** `rows` vectors in [0, 1)^columns such that every coordinate falls once into each of `rows` equal strata. */
export function latinHypercube(size: {
  readonly rows: number
  readonly columns: number
  readonly random: Random
}): number[][] {
  const { rows, columns, random } = size
  const strata = Array.from({ length: columns }, () => shuffled(rows, random))
  return Array.from({ length: rows }, (_, row) => strata.map((order) => (order[row]! + random.next()) / rows))
}

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

/** Halvings that find the scale to nine digits. */
const HALVINGS = 30

/** Floors plus the largest share, at most all, of the extra with which the total keeps the bound. */
export function scaledToFit(
  floors: ArrayLike<number>,
  at: {
    readonly extra: readonly number[]
    readonly bound: number
    readonly total: (perStep: ArrayLike<number>) => number
  },
): Float64Array {
  const scaled = (share: number): Float64Array => Float64Array.from(floors, (floor, i) => floor + share * at.extra[i]!)
  if (at.total(scaled(1)) <= at.bound) return scaled(1)
  let [low, high] = [0, 1]
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (at.total(scaled(middle)) <= at.bound) low = middle
    else high = middle
  }
  return scaled(low)
}
