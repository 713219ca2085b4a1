import { type Choosing, sweep } from "./reclaim.ts"
import type { CostCurve } from "./selection-problem.ts"

/** Halvings of the range of prices: neighbouring corners of any frontier are told apart. */
const ROUNDS = 40

/**
 * One price of time for all steps: each takes the entry with the least cost + price * latency, at the lowest price
 * that keeps the deadline. On a chain this is the rounded optimum of the linear relaxation, which is at most one
 * entry of one step away from the best plan; beside parallel branches it buys too much time, which `reclaim` returns.
 * The deadline must not be below the longest path of fastest times.
 */
export function pricedSelection(choosing: Choosing, deadlineMs: number): Int32Array {
  const { frontiers } = choosing
  const at = (price: number): Int32Array =>
    Int32Array.from(frontiers, (frontier) => (frontier === undefined ? 0 : cheapestAt(frontier, price)))
  const inTime = (selection: Int32Array): boolean => endOf(choosing, selection) <= deadlineMs
  const free = at(0)
  if (inTime(free)) return free
  let best: Int32Array = new Int32Array(frontiers.length)
  let low = 0
  let high = steepest(frontiers)
  for (let round = 0; round < ROUNDS; round++) {
    const price = (low + high) / 2
    const selection = at(price)
    if (inTime(selection)) {
      best = selection
      high = price
    } else low = price
  }
  return best
}

/** End of the run with a selection, ms. */
function endOf(choosing: Choosing, selection: Int32Array): number {
  const { startMs } = sweep(choosing, selection)
  return choosing.frontiers.reduce(
    (end, frontier, i) =>
      frontier === undefined ? end : Math.max(end, startMs[i]! + frontier.latencyMs[selection[i]!]!),
    0,
  )
}

/** The entry with the least cost + price * latency, the faster one among equals. */
function cheapestAt({ latencyMs, costUsd }: CostCurve, price: number): number {
  let best = 0
  let least = Infinity
  for (let k = 0; k < latencyMs.length; k++) {
    const value = costUsd[k]! + price * latencyMs[k]!
    if (value < least) [best, least] = [k, value]
  }
  return best
}

/** The price above which every step takes its fastest entry. */
function steepest(frontiers: readonly (CostCurve | undefined)[]): number {
  let most = 0
  for (const frontier of frontiers) {
    if (frontier === undefined) continue
    const { latencyMs, costUsd } = frontier
    for (let k = 1; k < latencyMs.length; k++)
      most = Math.max(most, (costUsd[k - 1]! - costUsd[k]!) / (latencyMs[k]! - latencyMs[k - 1]!))
  }
  return most
}
