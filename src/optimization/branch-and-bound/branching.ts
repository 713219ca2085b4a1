import type { DualSimplex } from "../dual/network-simplex.ts"
import { entryWithin, type FlatProblem } from "./flat-problem.ts"
import type { SearchNode } from "./node-queue.ts"

/** A problem whose relaxation has just been solved on the ranges of a node. */
export interface Relaxed {
  readonly flat: FlatProblem
  readonly dual: DualSimplex
}

/** Where a node divides: the entries up to `entry` of a step, and those after it. */
export interface Branch {
  step: number
  entry: number
}

/** Losses and differences of bounds below it are rounding; costs are relative. */
export const EPS: number = 1e-12

/**
 * Drops range ends whose reduced cost lifts the bound of the relaxation just solved above the best cost. It must be
 * that bound and not an inherited one: reduced costs belong to the ranges and the flow of one solve.
 */
export function tighten({ flat, dual }: Relaxed, { lo, hi }: SearchNode, cost: number): boolean {
  const { offset, times, costs } = flat
  const room = cost - dual.boundUsd() + EPS
  let tightened = false
  for (let i = 0; i < flat.steps; i++) {
    const first = offset[i]!
    const flow = dual.flow(i)
    const limit = dual.pricedCostUsd(i) + room
    let low = lo[i]!
    let high = hi[i]!
    while (low < high && costs[first + low]! + flow * times[first + low]! > limit) low++
    while (low < high && costs[first + high]! + flow * times[first + high]! > limit) high--
    tightened ||= low !== lo[i] || high !== hi[i]
    lo[i] = low
    hi[i] = high
  }
  return tightened
}

/** The step that loses most by rounding its window down within its range; false when none loses anything. */
export function choose({ flat, dual }: Relaxed, { lo, hi }: SearchNode, branch: Branch): boolean {
  const { offset, times, costs } = flat
  let most = EPS
  branch.step = -1
  for (let i = 0; i < flat.steps; i++) {
    const first = offset[i]!
    const [low, high] = [lo[i]!, hi[i]!]
    const window = Math.min(dual.windowMs(i), times[first + high]!)
    const entry = entryWithin(flat, i, low, high, window + EPS)
    if (entry >= high) continue
    const relaxed = dual.pricedCostUsd(i) - dual.flow(i) * Math.max(window, times[first + low]!)
    const loss = costs[first + entry]! - relaxed
    if (loss <= most) continue
    most = loss
    branch.step = i
    branch.entry = entry
  }
  return branch.step >= 0
}
