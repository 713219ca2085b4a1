import { solveBudget, solveDeadline } from "../../optimization/trimtab/solve.ts"
import type { SelectionProblem } from "../../optimization/selection-problem.ts"
import { type Chosen, costOf, lengthOf, presentOf, replaced, type TunedPipeline } from "./tuned-pipeline.ts"

/** What is left to be minimised, in units of the pipeline's own prediction. */
export type SearchBound =
  | { readonly kind: "budget"; readonly budgetUsd: number }
  | { readonly kind: "deadline"; readonly deadlineMs: number }

/**
 * The best sizes of all that the pipeline offers: least latency within a budget, or least cost within a deadline. The
 * planner before a run finds them for mean times; where runs can be played again, small exchanges that shorten those
 * follow. Null where nothing keeps the bound. Some milliseconds.
 */
export function searchAnew(pipeline: TunedPipeline, bound: SearchBound): Chosen | null {
  if (bound.kind === "deadline") return withinDeadline(pipeline, bound.deadlineMs)
  const planned = plannedFor(pipeline, bound)
  if (planned === null || pipeline.played === null) return planned
  const present = presentOf(pipeline)
  const starts = costOf(present) <= bound.budgetUsd && areOptions(pipeline, present) ? [planned, present] : [planned]
  const best = starts
    .map((start) => exchanged(pipeline, start, bound.budgetUsd))
    .reduce((best, one) => (lengthOf(pipeline, one) < lengthOf(pipeline, best) ? one : best))
  return withoutWaste(pipeline, best)
}

/** What a run may get longer where that saves money: nobody notices it. */
const WASTE = 1.002

/** Gives back memory that buys next to nothing, from the last step to the first. */
function withoutWaste(pipeline: TunedPipeline, start: Chosen): Chosen {
  const longestMs = WASTE * lengthOf(pipeline, start)
  return pipeline.steps.reduceRight((chosen, { options }, i) => {
    const cheaper = options.findLast(
      (option) => option.costUsd <= chosen[i]!.costUsd && lengthOf(pipeline, replaced(chosen, i, option)) <= longestMs,
    )
    return cheaper === undefined ? chosen : replaced(chosen, i, cheaper)
  }, start)
}

function plannedFor({ graph, steps }: TunedPipeline, bound: SearchBound): Chosen | null {
  const problem: SelectionProblem = {
    graph,
    curves: steps.map(({ options }) => ({
      latencyMs: Float64Array.from(options, ({ latencyMs }) => latencyMs),
      costUsd: Float64Array.from(options, ({ costUsd }) => costUsd),
    })),
  }
  const effort = { effort: "default" } as const
  const solved =
    bound.kind === "budget"
      ? solveBudget(problem, bound.budgetUsd, effort)
      : solveDeadline(problem, bound.deadlineMs, effort)
  return solved === null ? null : steps.map(({ options }, i) => options[solved.selection[i]!]!)
}

/** Deadlines of mean times that are tried until the played runs keep the real one. */
const TIGHTENINGS = 4

function withinDeadline(pipeline: TunedPipeline, deadlineMs: number): Chosen | null {
  let meanMs = deadlineMs
  for (let i = 0; i < TIGHTENINGS; i++) {
    const planned = plannedFor(pipeline, { kind: "deadline", deadlineMs: meanMs })
    if (planned === null) return null
    const lengthMs = lengthOf(pipeline, planned)
    if (lengthMs <= deadlineMs * (1 + 1e-9)) return planned
    meanMs *= (deadlineMs / lengthMs) * 0.999
  }
  return null
}

/** Exchanges at most: each is the best of some dozens, and they gain less and less. */
const EXCHANGES = 12

/** One step faster, another slower where the budget asks for it, as long as played runs get shorter. */
function exchanged(pipeline: TunedPipeline, start: Chosen, budgetUsd: number): Chosen {
  let chosen = start
  let lengthMs = lengthOf(pipeline, chosen)
  for (let i = 0; i < EXCHANGES; i++) {
    let best: Chosen | null = null
    for (const candidate of exchangesOf(pipeline, chosen, budgetUsd)) {
      const ms = lengthOf(pipeline, candidate)
      if (ms < lengthMs * (1 - 1e-6)) [best, lengthMs] = [candidate, ms]
    }
    if (best === null) return chosen
    chosen = best
  }
  return chosen
}

function* exchangesOf({ steps }: TunedPipeline, chosen: Chosen, budgetUsd: number): Iterable<Chosen> {
  const at = steps.map(({ options }, i) => options.indexOf(chosen[i]!))
  const spent = costOf(chosen)
  for (const [i, { options }] of steps.entries()) {
    const faster = options[at[i]! - 1]
    if (faster === undefined) continue
    const raised = replaced(chosen, i, faster)
    const overUsd = spent - chosen[i]!.costUsd + faster.costUsd - budgetUsd
    if (overUsd <= 0) yield raised
    for (const [j, { options: others }] of steps.entries()) {
      if (j === i || overUsd <= 0) continue
      // The nearest size of the other that pays for it.
      const cheaper = others.find(({ costUsd }) => chosen[j]!.costUsd - costUsd >= overUsd)
      if (cheaper !== undefined) yield replaced(raised, j, cheaper)
    }
  }
}

function areOptions({ steps }: TunedPipeline, chosen: Chosen): boolean {
  return steps.every(({ options }, i) => options.includes(chosen[i]!))
}

/** Every step at its cheapest. */
export function cheapestOf({ steps }: TunedPipeline): Chosen {
  return steps.map(({ options }) => options.at(-1)!)
}

/** Every step at its fastest: what is left where no sizes keep a deadline. */
export function fastestOf({ steps }: TunedPipeline): Chosen {
  return steps.map(({ options }) => options[0]!)
}
