/**
 * What to measure next, and when to stop: by the regret of the plan that would be made now.
 *
 * M1. Nothing is known here but the profiles: draws say what they leave open, plans what of that matters.
 * M2. The next measurement is the one that lowers the expected regret most per dollar.
 * M3. The best of many estimates is mostly one that is too good. So when little is left to gain the plan's own
 *     configurations are measured, each once, before its regret is believed.
 * M4. Measuring stops when the regret is below the stated share of the plan's cost in 95 % of the draws under every
 *     goal, or when the next measurement costs more than the expected regret of all runs to come.
 */
import { TrimtabError } from "../base/errors.ts"
import { type DrawnWorkflow, drawnWorkflow } from "../optimization/regret/drawn-workflow.ts"
import { type LossTable, lossTable } from "../optimization/regret/loss-table.ts"
import { type Regret, regretOf } from "../optimization/regret/regret.ts"
import { likelyPlans, type LossColumns, valueOfMeasuring } from "../optimization/regret/value-of-measuring.ts"
import type { SpaceDraws } from "../estimation/space-draws.ts"
import type { Problem } from "../optimization/planner.ts"
import { mean } from "../statistics/order-statistics.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Plan } from "../workflow/workflow.ts"
import { type Candidate, type CandidateOptions, candidatesOf, planCandidates } from "./candidates.ts"
import { savingOf } from "./without-profile.ts"
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

/** How sure the plan is, under the goal with the largest regret. */
export interface Standing {
  readonly goal: Goal
  /** The plan of least expected regret. */
  readonly plan: Plan
  readonly regret: Regret
  /** Of the plan that the present estimates alone ask for. */
  readonly usualRegret: Regret
  /** What the plan for that goal is expected to cost, USD. */
  readonly planUsd: number
  /** What a run costs less than with 1,024 MB and one instance for every step, misses priced, USD. */
  readonly savingUsd: number
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
  const { share95, expectedUsd } = standing.regret
  const worth = tables.map((table) => ({ columns: likelyPlans(table), usdPerUnit: usdPerUnit(table) }))
  const unseen = share95 <= UNSEEN_FROM * share ? firstUnseen(drawn, standing.plan, question) : null
  const best = unseen === null ? null : withFall(unseen, worth)
  const isPaid = ({ candidate }: Telling): boolean => candidate.costUsd <= expectedUsd * runs
  if (share95 <= share && (best === null || !isPaid(best))) return { ...standing, kind: "stop", reason: "regret" }
  const next = best ?? mostTelling(drawn, worth, question)
  if (next === null) return { ...standing, kind: "stop", reason: "nothing-left" }
  if (!isPaid(next)) return { ...standing, kind: "stop", reason: "not-worth" }
  return { ...standing, kind: "measure", ...next }
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
  if (goals.length === 0)
    throw new TrimtabError("usage", "there is no goal to plan for", { fix: "give --slo or --budget" })
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
    goal: worst.table.goal,
    plan: worst.table.plans[worst.table.taken]!,
    regret: worst.regret,
    usualRegret: regretOf(worst.table, worst.table.usual),
    planUsd: worst.table.present.costUsd,
    savingUsd: savingOf(drawn, worst.table) * usdPerUnit(worst.table),
    uncertain: uncertainSteps(drawn, worst.table),
  }
}

interface Telling {
  readonly candidate: Candidate
  /** By how much one measurement is expected to lower the cost of a run, USD. */
  readonly fallUsd: number
}

/** The plans of one goal that a measurement could lead to, and what a unit of their losses is worth. */
interface Worth {
  readonly columns: LossColumns
  readonly usdPerUnit: number
}

/** From a regret of so many times the one to stop at the plan's own configurations are measured first (M3). */
const UNSEEN_FROM = 3

/** The dearest configuration of the plan that was never measured; null where all were. */
function firstUnseen(drawn: DrawnWorkflow, plan: Plan, { candidates = {} }: MeasuringQuestion): Candidate | null {
  const isMeasured = candidates.isMeasured ?? (() => true)
  const unseen = planCandidates(drawn, plan, candidates).filter((candidate) => !isMeasured(candidate))
  return unseen.reduce<Candidate | null>(
    (most, each) => (most === null || each.costUsd > most.costUsd ? each : most),
    null,
  )
}

/** The candidate with the largest fall per dollar; where no single one changes a plan, the least certain per dollar. */
function mostTelling(drawn: DrawnWorkflow, worth: readonly Worth[], { candidates }: MeasuringQuestion): Telling | null {
  let best: (Telling & { readonly score: number }) | null = null
  let fallback: (Telling & { readonly score: number }) | null = null
  for (const candidate of candidatesOf(drawn, candidates)) {
    const telling = withFall(candidate, worth)
    const score = telling.fallUsd / candidate.costUsd
    if (score > (best?.score ?? 0)) best = { ...telling, score }
    const doubt = doubtOf(candidate) / candidate.costUsd
    if (fallback === null || doubt > fallback.score) fallback = { ...telling, score: doubt }
  }
  const found = best ?? fallback
  return found === null ? null : { candidate: found.candidate, fallUsd: found.fallUsd }
}

/** A measurement of which less is doubt than this would only measure noise. */
const LEAST_DOUBT = 0.03

/** Mean over the goals. */
function withFall(candidate: Candidate, worth: readonly Worth[]): Telling {
  const { logMs, noiseSd } = candidate
  if (doubtOf(candidate) < LEAST_DOUBT) return { candidate, fallUsd: 0 }
  const falls = worth.map(({ columns, usdPerUnit: usd }) => usd * valueOfMeasuring(columns, logMs, noiseSd))
  return { candidate, fallUsd: mean(falls) }
}

/** Under a budget losses are times: a share of the latency is worth that share of the cost. */
function usdPerUnit({ goal, present }: LossTable): number {
  return goal.kind === "cost" ? 1 : present.costUsd / present.latencyMs
}

/** Share of the variance of a measurement that is doubt and not noise. */
function doubtOf({ logMs, noiseSd }: Candidate): number {
  const squares = logMs.reduce((sum, log) => sum + log * log, 0) / logMs.length
  return squares / (squares + noiseSd ** 2)
}
