import { criticalPath } from "../workflow/critical-path.ts"
import type { StepChoices } from "./step-choices.ts"

/** Halvings of the search for the best price of time: enough for nine digits. */
const ROUNDS = 60

/**
 * A proof of how cheap a plan within the deadline can be at best: put a price f on the time of every step of one
 * path. Whatever the plan, its steps on the path take at most the deadline together, so
 *   cost >= sum over the path of min(c + f t) + sum over the others of min c - f * deadline
 * for every f >= 0 and every path. The path is the critical one of a plan, f is the best for it: the right side is
 * concave in f. Exact up to the convex hull on a chain, looser beside parallel branches.
 */
export function costLowerBound(choices: StepChoices, selection: Int32Array, deadlineMs: number): number {
  const { graph, frontiers } = choices
  const durations = frontiers.map((frontier, i) => frontier.latencyMs[selection[i]!]!)
  const path = criticalPath(graph, durations)
  const onPath = new Set(path)
  const others = frontiers.reduce((sum, frontier, i) => sum + (onPath.has(i) ? 0 : frontier.costUsd.at(-1)!), 0)
  const boundAt = (price: number): number =>
    path.reduce(
      (sum, i) => {
        const { latencyMs, costUsd } = frontiers[i]!
        return sum + latencyMs.reduce((least, t, k) => Math.min(least, costUsd[k]! + price * t), Infinity)
      },
      others - price * deadlineMs,
    )
  let low = 0
  let high = highestPrice(choices, path)
  let best = boundAt(0)
  for (let round = 0; round < ROUNDS; round++) {
    const left = low + (high - low) / 3
    const right = high - (high - low) / 3
    const [atLeft, atRight] = [boundAt(left), boundAt(right)]
    best = Math.max(best, atLeft, atRight)
    if (atLeft < atRight) low = left
    else high = right
  }
  return best
}

/** Above the steepest trade of any step on the path nothing changes but the subtracted term. */
function highestPrice({ frontiers }: StepChoices, path: readonly number[]): number {
  let steepest = 0
  for (const i of path) {
    const { latencyMs, costUsd } = frontiers[i]!
    for (let k = 1; k < latencyMs.length; k++)
      steepest = Math.max(steepest, (costUsd[k - 1]! - costUsd[k]!) / (latencyMs[k]! - latencyMs[k - 1]!))
  }
  return steepest
}
