import type { Distribution } from "../../statistics/distribution.ts"
import { quantile } from "../../statistics/quantile-table.ts"

/** Cells of the table between the ends. */
const CELLS = 1024

/** Nearer to an end than this the law itself is asked: that is where it bends. */
const END = 0.02

const tables = new WeakMap<Distribution, Float64Array>()

/**
 * The quantile of a distribution at a uniform number, for very many draws: a table read linearly (within 0.1 % of the
 * law), and the law itself in the outermost 2 % on both sides, tails included. About 5 ns.
 */
export function draw(d: Distribution, u: number): number {
  if (u < END || u > 1 - END) return quantile(d, u)
  let table = tables.get(d)
  if (table === undefined) {
    table = Float64Array.from({ length: CELLS + 1 }, (_, i) => quantile(d, i / CELLS))
    tables.set(d, table)
  }
  const at = u * CELLS
  const cell = Math.floor(at)
  const low = table[cell]!
  return low + (at - cell) * (table[cell + 1]! - low)
}
