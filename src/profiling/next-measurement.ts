/**
 * What to measure next, and when to stop: by the regret of the plan that would be made now.
 *
 * M1. Nothing is known here but the profiles: draws say what they leave open, plans what of that matters.
 * M2. The next measurement is the one that lowers the expected regret most per dollar.
 * M3. Measuring stops when the regret is below the stated share of the plan's cost in 95 % of the draws under every
 *     goal, or when the next measurement costs more than the expected regret of all runs to come.
 */
import { TrimtabError } from "../base/errors.ts"
import { type DrawnWorkflow, drawnWorkflow } from "../optimization/regret/drawn-workflow.ts"
import { type LossTable, lossTable } from "../optimization/regret/loss-table.ts"
import { type Regret, regretOf } from "../optimization/regret/regret.ts"
import { valueOfMeasuring } from "../optimization/regret/value-of-measuring.ts"
import type { SpaceDraws } from "../estimation/space-draws.ts"
import type { Problem } from "../optimization/planner.ts"
import type { Goal } from "../workflow/goal.ts"
import { type Candidate, type CandidateOptions, candidatesOf } from "./candidates.ts"
import { type UncertainStep, uncertainSteps } from "./uncertain-steps.ts"

export interface StoppingRule {
  /** Share of the plan's cost that the regret must be below, in (0, 1]. */
  readonly share: number
  /** Runs of the workflow that are expected: what measuring may pay for. */
  readonly runs: number
}

export const DEFAULT_RULE: StoppingRule = { share: 0.01, runs: 1000 }

/** Draws of what is not known: the square of their number is what an answer takes. */
export const DRAWS = 64

export interface MeasuringQuestion {
  /** With the present estimates; its goal is not looked at. */
  readonly problem: Problem
  /** By step, on the axes of the problem's spaces. */
  readonly draws: ReadonlyMap<string, SpaceDraws>
  /** Goals that plans are made for; at least one. */
  readonly goals: readonly Goal[]
  readonly rule: StoppingRule
  readonly candidates?: CandidateOptions
}

/** How sure the plan is. */
export interface Standing {
  /** Of the goal with the largest one. */
  readonly regret: Regret
  readonly goal: Goal
  /** What the plan for that goal is expected to cost, USD. */
  readonly planUsd: number
  /** Steps whose configuration is not certain, the most uncertain first. */
  readonly uncertain: readonly UncertainStep[]
}

export type NextMeasurement = Standing &
  (
    | { readonly kind: "measure"; readonly candidate: Candidate; readonly fallUsd: number }
    /** `nothing-left`: all that could still be measured has failed. */
    | { readonly kind: "stop"; readonly reason: "regret" | "not-worth" | "nothing-left" }
  )

/**
 * The next measurement, or why there is none. Deterministic. Some 100 ms for a workflow of six steps.
 * @throws TrimtabError `usage` for a rule or goals that make no sense, and what `drawnWorkflow` throws.
 */
export function nextMeasurement(question: MeasuringQuestion): NextMeasurement {
  checkRule(question)
  const drawn = drawnWorkflow(question.problem, question.draws)
  const tables = question.goals.map((goal) => lossTable(drawn, goal))
  const standing = standingOf(drawn, tables)
  const { share, runs } = question.rule
  if (standing.regret.share95 <= share) return { ...standing, kind: "stop", reason: "regret" }
  const best = mostTelling(drawn, tables, question)
  if (best === null) return { ...standing, kind: "stop", reason: "nothing-left" }
  if (best.candidate.costUsd > standing.regret.expectedUsd * runs)
    return { ...standing, kind: "stop", reason: "not-worth" }
  return { ...standing, kind: "measure", ...best }
}

function checkRule({ rule: { share, runs }, goals }: MeasuringQuestion): void {
  if (!(share > 0 && share <= 1))
    throw new TrimtabError("usage", `the regret to stop at must be a share between 0 and 1, not ${share}`, {
      fix: "give --until-regret 1%",
    })
  if (!(runs > 0 && runs < Infinity))
    throw new TrimtabError("usage", `the runs expected must be a positive number, not ${runs}`, {
      fix: "give --runs 1000",
    })
  if (goals.length === 0) throw new TrimtabError("usage", "there is no goal to plan for", { fix: "give --slo or --budget" })
  for (const goal of goals) {
    const value = goal.kind === "cost" ? goal.sloMs : goal.budgetUsd
    if (!(value > 0 && value < Infinity))
      throw new TrimtabError("usage", `a goal must be a positive number, not ${value}`, { fix: "give another goal" })
  }
}

function standingOf(drawn: DrawnWorkflow, tables: readonly LossTable[]): Standing {
  const all = tables.map((table) => ({ table, regret: regretOf(table) }))
  const worst = all.reduce((most, each) => (each.regret.share95 > most.regret.share95 ? each : most))
  return {
    regret: worst.regret,
    goal: worst.table.goal,
    planUsd: worst.table.present.costUsd,
    uncertain: uncertainSteps(drawn, worst.table),
  }
}

interface Telling {
  readonly candidate: Candidate
  /** By how much one measurement is expected to lower the cost of a run, USD. */
  readonly fallUsd: number
}

/** The candidate with the largest fall per dollar; where no single one changes a plan, the least certain per dollar. */
function mostTelling(
  drawn: DrawnWorkflow,
  tables: readonly LossTable[],
  { candidates }: MeasuringQuestion,
): Telling | null {
  let best: (Telling & { readonly score: number }) | null = null
  let fallback: (Telling & { readonly score: number }) | null = null
  for (const candidate of candidatesOf(drawn, candidates)) {
    const fallUsd = fallOf(candidate, tables)
    const score = fallUsd / candidate.costUsd
    if (score > (best?.score ?? 0)) best = { candidate, fallUsd, score }
    const doubt = doubtOf(candidate) / candidate.costUsd
    if (fallback === null || doubt > fallback.score) fallback = { candidate, fallUsd, score: doubt }
  }
  const found = best ?? fallback
  return found === null ? null : { candidate: found.candidate, fallUsd: found.fallUsd }
}

/** Mean over the goals. */
function fallOf({ logMs, noiseSd }: Candidate, tables: readonly LossTable[]): number {
  const falls = tables.map((table) => {
    const { goal, present } = table
    const usdPerUnit = goal.kind === "cost" ? 1 : present.costUsd / present.percentileMs
    return valueOfMeasuring(table, logMs, noiseSd) * usdPerUnit
  })
  return falls.reduce((sum, fall) => sum + fall, 0) / falls.length
}

/** Share of the variance of a measurement that is doubt and not noise. */
function doubtOf({ logMs, noiseSd }: Candidate): number {
  const squares = logMs.reduce((sum, log) => sum + log * log, 0) / logMs.length
  return squares / (squares + noiseSd ** 2)
}
