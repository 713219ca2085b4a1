import { type Evaluated, evaluate, type Search } from "./plan-search.ts"
import { inTime, slackOf, tailsOf } from "./step-slack.ts"
import { curveOf } from "./surrogate.ts"

/** Each move makes one step faster; a step that needs more comes again. */
const MOVES_PER_STEP = 8

/** The same tolerance as for whole plans. */
const TOLERANCE = 1 + 1e-9

/**
 * Makes a plan that ends in time too seldom faster: over and over the step moves that gains most scenarios per USD, until
 * enough end in time or no move of one step gains any. For goals so near the fastest plan that no margin leaves the
 * surrogate a plan. About as much work a move as `reclaimChance`.
 */
export function hurryChance(search: Search, plan: Evaluated, sloMs: number): Evaluated {
  const ladders = search.problem.steps.map((step) => curveOf(step, { kappaMs: LADDER_KAPPA, kappaUsd: 0 }).candidates)
  let current = plan
  for (let move = 0; move < MOVES_PER_STEP * ladders.length && current.hits < search.needed; move++) {
    const next = bestMove(search, { plan: current, ladders, sloMs: sloMs * TOLERANCE })
    if (next === null) break
    const selection = Int32Array.from(current.selection)
    selection[next.step] = next.candidate
    current = evaluate(search, selection, plan.kappa)
  }
  return current
}

/** Where goals are that near, spread counts as much as the mean. */
const LADDER_KAPPA = 2

interface MoveRequest {
  readonly plan: Evaluated
  /** Candidates from fast to slow, by step index. */
  readonly ladders: readonly Int32Array[]
  readonly sloMs: number
}

interface Move {
  readonly step: number
  readonly candidate: number
}

function bestMove(search: Search, { plan, ladders, sloMs }: MoveRequest): Move | null {
  const { problem, scenarios, executions, needed } = search
  const durations = problem.steps.map((_, i) => scenarios.durations(i, plan.selection[i]!))
  const tails = tailsOf(problem.graph, durations)
  let best: Move | null = null
  let most = 0
  for (const [step, { meanUsd }] of problem.steps.entries()) {
    const slack = slackOf(problem.graph, { durations, tails, step, sloMs })
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
