import { type Evaluated, evaluate, type Search } from "./plan-search.ts"
import { slackOf, tailsOf } from "./step-slack.ts"
import { curveOf } from "./surrogate.ts"

/** The same tolerance as for whole plans. */
const TOLERANCE = 1 + 1e-9

/** One step changes to another candidate. */
export interface Move {
  readonly step: number
  readonly candidate: number
}

/** A plan from which moves are judged. */
export interface Standing {
  readonly search: Search
  readonly plan: Evaluated
  /** Candidates from fast to slow, by step index. */
  readonly ladders: readonly Int32Array[]
  readonly sloMs: number
}

/** Candidates of each step from fast to slow at one margin. */
export function laddersOf(search: Search, kappaMs: number): readonly Int32Array[] {
  return search.problem.steps.map((step) => curveOf(step, { kappaMs, kappaUsd: 0 }).candidates)
}

/** The plan after a move, evaluated at the margin of `plan`. */
export function moved(search: Search, plan: Evaluated, { step, candidate }: Move): Evaluated {
  const selection = Int32Array.from(plan.selection)
  selection[step] = candidate
  return evaluate(search, selection, plan.kappa)
}

/** The longest that a step may take in each scenario, with everything else as it stands. */
export function slacksOf({ search, plan, sloMs }: Standing): (step: number) => ReturnType<typeof slackOf> {
  const { problem, scenarios } = search
  const durations = problem.steps.map((_, i) => scenarios.durations(i, plan.selection[i]!))
  const tails = tailsOf(problem.graph, durations)
  return (step) => slackOf(problem.graph, { durations, tails, step, sloMs: sloMs * TOLERANCE })
}
