import { schedule } from "../workflow/critical-path.ts"
import { cheapestWithin } from "./frontier.ts"
import type { StepChoices } from "./step-choices.ts"

/** Each move is one O(V + E) sweep; a move makes one step as cheap as it gets, so few are needed per step. */
const MOVES_PER_STEP = 4

/**
 * Spends the slack that a selection leaves before the deadline: over and over the step moves that saves most, to the
 * cheapest entry of its frontier that still fits between its earliest start and what follows. Never raises the cost,
 * never breaks a deadline that the selection keeps.
 */
export function reclaim(choices: StepChoices, selection: Int32Array, deadlineMs: number): Int32Array {
  const { graph, frontiers } = choices
  const chosen = Int32Array.from(selection)
  const durations = Float64Array.from(frontiers, (frontier, i) => frontier.latencyMs[chosen[i]!]!)
  for (let move = 0; move < MOVES_PER_STEP * frontiers.length; move++) {
    const { start, tail } = schedule(graph, durations)
    let best = -1
    let to = -1
    let most = 0
    for (const [i, frontier] of frontiers.entries()) {
      const k = cheapestWithin(frontier, deadlineMs - start[i]! - tail[i]!)
      const saving = k < 0 ? 0 : frontier.costUsd[chosen[i]!]! - frontier.costUsd[k]!
      if (saving > most) [best, to, most] = [i, k, saving]
    }
    if (best === -1) break
    chosen[best] = to
    durations[best] = frontiers[best]!.latencyMs[to]!
  }
  return chosen
}
