import { laddersOf, type Move, moved, slacksOf, type Standing } from "./chance-move.ts"
import type { Evaluated, Search } from "./plan-search.ts"
import { inTime } from "./step-slack.ts"

/** Moves save less and less: after these next to nothing is left. */
const MAX_MOVES = 24

/**
 * Spends the chance that a plan leaves above its level: over and over the step moves that saves most among the moves to a
 * slower candidate after which enough scenarios still end in time. For one step that is read off its slack: with
 * everything else as it is, a scenario ends in time if the step takes at most S - start - tail and no path beside it is
 * too long. Never raises the cost, never falls below the level. About 0.1 us a scenario, edge and move.
 */
export function reclaimChance(search: Search, plan: Evaluated, sloMs: number): Evaluated {
  const ladders = laddersOf(search, plan.kappa)
  let current = plan
  for (let move = 0; move < MAX_MOVES; move++) {
    const next = bestMove({ search, plan: current, ladders, sloMs })
    if (next === null) break
    const cheaper = moved(search, current, next)
    if (cheaper.hits < search.needed || cheaper.expectedUsd >= current.expectedUsd) break
    current = cheaper
  }
  return current
}

function bestMove(standing: Standing): Move | null {
  const { plan, ladders } = standing
  const { problem, scenarios, executions, needed } = standing.search
  const slackOf = slacksOf(standing)
  let best: Move | null = null
  let most = 0
  for (const [i, { meanUsd }] of problem.steps.entries()) {
    const usd = (candidate: number): number => executions[i]! * meanUsd[candidate]!
    const cheaper = ladders[i]!.filter((candidate) => usd(candidate) < usd(plan.selection[i]!))
    if (cheaper.length === 0 || usd(plan.selection[i]!) - usd(cheaper.at(-1)!) <= most) continue
    const slack = slackOf(i)
    const last = lastThat(cheaper.length, (at) => inTime(scenarios.durations(i, cheaper[at]!), slack) >= needed)
    const saving = last < 0 ? 0 : usd(plan.selection[i]!) - usd(cheaper[last]!)
    if (saving > most) [best, most] = [{ step: i, candidate: cheaper[last]! }, saving]
  }
  return best
}

/** The last index before the first that fails, found by steps of 1, 2, 4, ... and then by halves; -1 for none. */
function lastThat(count: number, holds: (at: number) => boolean): number {
  let low = -1
  let step = 1
  while (low + step < count && holds(low + step)) {
    low += step
    step *= 2
  }
  for (let high = Math.min(count, low + step); high - low > 1;) {
    const middle = (low + high) >> 1
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}
