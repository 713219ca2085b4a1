import { laddersOf, type Move, moved, slacksOf, type Standing } from "./chance-move.ts"
import type { Evaluated, Search } from "./plan-search.ts"
import { inTime } from "./step-slack.ts"

/** Each move makes one step faster; a step that needs more comes again. */
const MOVES_PER_STEP = 8

/**
 * Makes a plan that ends in time too seldom faster: over and over the step moves that gains most scenarios per USD, until
 * enough end in time or no move of one step gains any. For goals so near the fastest plan that no margin leaves the
 * surrogate a plan. About as much work a move as `reclaimChance`.
 */
export function hurryChance(search: Search, plan: Evaluated, sloMs: number): Evaluated {
  const ladders = laddersOf(search, LADDER_KAPPA)
  let current = plan
  for (let move = 0; move < MOVES_PER_STEP * ladders.length && current.hits < search.needed; move++) {
    const next = bestMove({ search, plan: current, ladders, sloMs })
    if (next === null) break
    current = moved(search, current, next)
  }
  return current
}

/** Where goals are that near, spread counts as much as the mean. */
const LADDER_KAPPA = 2

function bestMove(standing: Standing): Move | null {
  const { plan, ladders } = standing
  const { problem, scenarios, executions, needed } = standing.search
  const slackOf = slacksOf(standing)
  let best: Move | null = null
  let most = 0
  for (const [step, { meanUsd }] of problem.steps.entries()) {
    const slack = slackOf(step)
    const now = meanUsd[plan.selection[step]!]!
    const dearer = ladders[step]!.filter((candidate) => meanUsd[candidate]! > now)
    for (const candidate of strides(dearer)) {
      const gained = Math.min(needed, inTime(scenarios.durations(step, candidate), slack)) - plan.hits
      const perUsd = gained / Math.max(Number.MIN_VALUE, executions[step]! * (meanUsd[candidate]! - now))
      if (gained > 0 && perUsd > most) [best, most] = [{ step, candidate }, perUsd]
    }
  }
  return best
}

/** The next dearer candidate and those 2, 4, 8, ... further, and the fastest. */
function strides(dearer: Int32Array): number[] {
  const found: number[] = []
  for (let stride = 1; stride < dearer.length; stride *= 2) found.push(dearer[dearer.length - stride]!)
  return dearer.length > 0 ? [...found, dearer[0]!] : found
}
