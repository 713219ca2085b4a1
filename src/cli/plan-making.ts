import { TrimtabError } from "../base/errors.ts"
import { formatMs, formatUsd } from "../base/format.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { explainPlan } from "../optimization/plan-explanation.ts"
import { proofOf } from "../optimization/plan-proof.ts"
import type { PlanResult, PricedPlan, Problem } from "../optimization/planner.ts"
import { type PlannerEntry, PLANNERS, type PlannerSource } from "../optimization/planners.ts"
import { pricePlan } from "../optimization/plans.ts"
import { stepChoices } from "../optimization/step-choices.ts"
import { costLatencyFrontier, type FrontierPlan, trimtabPlanner } from "../optimization/trimtab-planner.ts"
import type { PlanExplanation } from "./plan-explanation.ts"
import type { PlanFrontier } from "../report/plan-frontier.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlanCertificateFile } from "./plan-certificate.ts"
import { unreachable } from "./planning.ts"

export type Feasible = Extract<PlanResult, { feasible: true }>

/** Whole Estimates with everything cold, and the tasks that the profile saw. */
export function plannerSource(estimator: Estimator): PlannerSource {
  return {
    estimateOf: (step, config, tasks = estimator.expectedTasks(step)) =>
      estimator.estimate({ step, config, tasks, warmInstances: 0 }),
  }
}

/** A plan with the planner that made it, and the result that proves the bound, which may be another planner's. */
export interface MadePlan {
  readonly planner: string
  readonly result: Feasible
  /** Its bound holds for every planner's plan of the same problem; null where nothing is proven. */
  readonly proven: Feasible | null
  readonly lowerBound: number | null
  /** Of this plan. */
  readonly gap: number | null
}

const OURS = "trimtab"

/** The planner of a name; ours without one. @throws TrimtabError `usage` with all names */
export function chooserOf(name: string = OURS): PlannerEntry {
  const found = PLANNERS.find((entry) => entry.name === name)
  if (found !== undefined) return found
  throw new TrimtabError(
    "usage",
    `there is no planner ${name}; use one of ${PLANNERS.map((entry) => entry.name).join(", ")}`,
    { fix: "choose one of trimtab planners" },
  )
}

/**
 * Plans, and has our planner bound what the others leave unproven, unless they count how often a plan keeps its goal:
 * ours has other times for that, its bound says nothing of theirs.
 * @throws TrimtabError `goal-unreachable` naming the fastest and the cheapest plan, `usage` for an unknown planner
 */
export function makePlan(problem: Problem, source: PlannerSource, name?: string): MadePlan {
  const { goal } = problem
  const entry = chooserOf(name)
  const result = entry.create(source).plan(problem)
  if (!result.feasible && entry.name === OURS) throw unreachable(goal, result)
  const ours = entry.name === OURS ? result : trimtabPlanner().plan(problem)
  if (!result.feasible) throw ours.feasible ? missed(entry.name, goal, ours) : unreachable(goal, ours)
  if (result.attainment !== undefined) return { planner: entry.name, result, proven: null, lowerBound: null, gap: null }
  const proven = result.lowerBound !== null ? result : ours.feasible && ours.lowerBound !== null ? ours : null
  const objective = goal.kind === "cost" ? result.costUsd : result.latencyMs
  const lowerBound = proven?.lowerBound == null ? null : Math.min(objective, proven.lowerBound)
  const gap = lowerBound === null || lowerBound <= 0 ? null : objective / lowerBound - 1
  return { planner: entry.name, result, proven, lowerBound, gap }
}

function missed(planner: string, goal: Goal, ours: PricedPlan): TrimtabError {
  const wanted =
    goal.kind === "cost" ? `finishes in ${formatMs(goal.sloMs)}` : `costs at most ${formatUsd(goal.budgetUsd)}`
  return new TrimtabError(
    "goal-unreachable",
    `planner ${planner} finds no plan that ${wanted}, but ${OURS} finds one of ${formatMs(ours.latencyMs)} and ${formatUsd(ours.costUsd)}`,
    { fix: `plan with --planner ${OURS}` },
  )
}

/** @throws TrimtabError `unsupported` where nothing can be proven */
export function certificateOf(problem: Problem, made: MadePlan): PlanCertificateFile {
  if (made.result.attainment !== undefined)
    throw new TrimtabError("unsupported", `nothing is proven of plans by ${made.planner}: it counts scenarios`, {
      fix: `plan with --planner ${OURS}, or leave out --certificate`,
    })
  if (made.lowerBound === null || made.proven === null)
    throw new TrimtabError(
      "unsupported",
      "nothing is proven of plans for this machine, as its steps share their processors; --offline plans for AWS Lambda",
      { fix: "give --offline, or leave out --certificate" },
    )
  const { plan, latencyMs, costUsd } = made.result
  // Planners without certificates prove what ours proves as well.
  const shown = made.proven.certificate == null ? trimtabPlanner().plan(problem) : made.proven
  return {
    workflow: problem.workflow.name,
    goal: problem.goal,
    plan,
    latencyMs,
    costUsd,
    lowerBound: made.lowerBound,
    proof: proofOf(problem, shown.feasible ? shown : made.proven),
  }
}

/** Whole plans nearer than this to the chosen one differ from it in nothing that estimates can tell. */
const NEXT_SHARE = 0.01

export function explanationOf(problem: Problem, { result }: MadePlan): PlanExplanation {
  const { percentile } = problem.goal
  const planner = trimtabPlanner()
  // Times are those of one margin per step, also where the planner counted scenarios.
  const chosen = pricePlan(stepChoices(problem), result.plan)
  const planFor = (goal: Goal): PricedPlan | null => {
    const found = planner.plan({ ...problem, goal })
    return found.feasible ? found : null
  }
  const { plan, latencyMs, costUsd } = chosen
  return {
    goal: result.attainment === undefined ? problem.goal : keptBy(chosen, problem.goal),
    chosen,
    steps: explainPlan(problem, plan),
    faster: planFor({ kind: "cost", sloMs: latencyMs * (1 - NEXT_SHARE), percentile }),
    cheaper: planFor({ kind: "latency", budgetUsd: costUsd * (1 - NEXT_SHARE), percentile }),
    nextShare: NEXT_SHARE,
  }
}

/** The goal that a plan just keeps. */
function keptBy({ latencyMs, costUsd }: PricedPlan, goal: Goal): Goal {
  return goal.kind === "cost" ? { ...goal, sloMs: latencyMs } : { ...goal, budgetUsd: costUsd }
}

/** Points of a frontier: enough for a smooth figure, fewer where each takes long. */
const POINTS = { upTo: 200, few: 64, many: 16 }

export interface FrontierOfPlans {
  readonly plans: readonly FrontierPlan[]
  readonly report: PlanFrontier
}

/** The frontier of our planner; the chosen plan is on it where no other is as fast and as cheap. */
export function frontierOfPlans(problem: Problem, { planner, result, lowerBound }: MadePlan): FrontierOfPlans {
  const count = problem.workflow.steps.length <= POINTS.upTo ? POINTS.few : POINTS.many
  const { plan, latencyMs, costUsd } = result
  const lowerBoundUsd = problem.goal.kind === "cost" ? lowerBound : null
  const plans = withPlan(costLatencyFrontier(problem, count), { plan, latencyMs, costUsd, lowerBoundUsd })
  const chosen = { planner, latencyMs, costUsd }
  return { plans, report: { workflow: problem.workflow.name, goal: problem.goal, points: plans, chosen } }
}

/** Adds a plan that no other is as fast and as cheap as, in place of those that it beats. */
function withPlan(plans: readonly FrontierPlan[], added: FrontierPlan): readonly FrontierPlan[] {
  const beats = (a: FrontierPlan, b: FrontierPlan): boolean => a.latencyMs <= b.latencyMs && a.costUsd <= b.costUsd
  if (plans.some((plan) => beats(plan, added))) return plans
  return [...plans.filter((plan) => !beats(added, plan)), added].toSorted((a, b) => a.latencyMs - b.latencyMs)
}
