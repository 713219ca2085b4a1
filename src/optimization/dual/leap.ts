import type { SimplexState } from "./basis.ts"
import { segmentOf } from "./hull.ts"
import type { Cycle } from "./pivot.ts"

/** Halvings once the push is known within a factor of four. */
const HALVINGS = 6

/**
 * A large part of a push at once: searches how much flow, above `from`, still gains beyond all breakpoints on its way
 * and moves the cycle's segments there. Returns the gain per unit that is left, ms. O(length log corners) for each of
 * some tens of trials: on long cycles faster than a heap that passes the breakpoints one by one.
 */
export function leap(state: SimplexState, cycle: Cycle, from: number, slope: number, tolerance: number): number {
  const pays = (amount: number): boolean => slope - lostBy(state, cycle, amount) > tolerance
  const most = farthest(state, cycle)
  let low = from
  let high = from > 0 ? Math.min(4 * from, most) : most
  while (high < most && pays(high)) {
    low = high
    high = Math.min(4 * high, most)
  }
  for (let round = 0; round < HALVINGS; round++) {
    const middle = (low + high) / 2
    if (pays(middle)) low = middle
    else high = middle
  }
  if (low === from) return slope
  const lost = lostBy(state, cycle, low)
  for (let at = 0; at < cycle.length; at++)
    if (cycle.arc[at]! < state.graph.steps) cycle.segment[at] = segmentAfter(state, cycle, at, low)
  return slope - lost
}

/** The push at which flow first reaches zero, or else the last breakpoint. */
function farthest({ flow, graph, hulls }: SimplexState, { arc, sign, length }: Cycle): number {
  let least = Infinity
  let last = 0
  for (let at = 0; at < length; at++) {
    const a = arc[at]!
    if (sign[at]! < 0) least = Math.min(least, flow[a]!)
    else if (a < graph.steps) last = Math.max(last, hulls.prices[hulls.offset[a]! + hulls.corners[a]! - 1]! - flow[a]!)
  }
  return Math.min(least, last)
}

/** What a push takes from the gain per unit, ms. */
function lostBy(state: SimplexState, cycle: Cycle, amount: number): number {
  const { graph, hulls } = state
  let lost = 0
  for (let at = 0; at < cycle.length; at++) {
    const a = cycle.arc[at]!
    if (a >= graph.steps) continue
    const first = hulls.offset[a]!
    const now = hulls.timesMs[first + cycle.segment[at]!]!
    lost += Math.abs(now - hulls.timesMs[first + segmentAfter(state, cycle, at, amount)]!)
  }
  return lost
}

/** Segment after a push, never behind the present one. */
function segmentAfter(
  { flow, hulls }: SimplexState,
  { arc, sign, segment }: Cycle,
  at: number,
  amount: number,
): number {
  const a = arc[at]!
  const to = segmentOf(hulls, a, Math.max(0, flow[a]! + sign[at]! * amount))
  return sign[at]! > 0 ? Math.max(segment[at]!, to) : Math.min(segment[at]!, to)
}
