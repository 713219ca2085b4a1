import type { Design } from "./frisch-newton.ts"

/** A plane and the side of each row, 0 for those that stay on it. */
export interface EdgeStart {
  readonly design: Design
  /** Changed in place for the rows that are passed. */
  readonly sides: Int8Array
  readonly residuals: Float64Array
}

/** Direction of the coefficients, and what the search needs for each row, allocated once. */
export interface EdgeSearch {
  readonly along: Float64Array
  /** By row: where along the edge it is met, and how steeply. */
  readonly times: Float64Array
  readonly speeds: Float64Array
  readonly met: Int32Array
}

/** A row along which the plane moves slower than this is never met. */
const PARALLEL = 1e-11

/**
 * The row at which the pinball loss stops falling, from its derivative `slope` at the start: the weighted median of
 * the rows in the way, by quickselect, O(rows * width). The rows passed change sides. -1 when no row is met.
 */
export function lowestPoint(start: EdgeStart, search: EdgeSearch, slope: number): number {
  const { sides } = start
  const { times, speeds, met } = search
  let from = 0
  let to = meetings(start, search)
  let rest = slope
  while (to > from) {
    const pivot = times[met[(from + to) >> 1]!]!
    const { less, more } = partition(search, { from, to, pivot })
    let passed = 0
    for (let at = from; at < less; at++) passed += speeds[met[at]!]!
    if (rest + passed >= 0) {
      to = less
      continue
    }
    rest += passed
    for (let at = from; at < less; at++) sides[met[at]!]! *= -1
    for (let at = less; at < more; at++) {
      const row = met[at]!
      rest += speeds[row]!
      // The last row of all ends the search even when rounding left a slope.
      if (rest >= 0 || at === to - 1) return row
      sides[row]! *= -1
    }
    from = more
  }
  return -1
}

/** Rows that the plane moves towards; returns how many. */
function meetings({ design, sides, residuals }: EdgeStart, { along, times, speeds, met }: EdgeSearch): number {
  const { x, width } = design
  let count = 0
  for (let i = 0, at = 0; i < sides.length; i++, at += width) {
    let speed = 0
    for (let j = 0; j < width; j++) speed += x[at + j]! * along[j]!
    if (sides[i]! * speed <= PARALLEL) continue
    times[i] = Math.max(0, residuals[i]! / speed)
    speeds[i] = Math.abs(speed)
    met[count++] = i
  }
  return count
}

/** Orders met[from, to) into earlier than the pivot, at it, and later. */
function partition(
  { times, met }: EdgeSearch,
  { from, to, pivot }: { readonly from: number; readonly to: number; readonly pivot: number },
): { readonly less: number; readonly more: number } {
  let less = from
  let more = to
  for (let at = from; at < more;) {
    const row = met[at]!
    const time = times[row]!
    if (time < pivot) {
      met[at++] = met[less]!
      met[less++] = row
    } else if (time > pivot) {
      met[at] = met[--more]!
      met[more] = row
    } else at++
  }
  return { less, more }
}
