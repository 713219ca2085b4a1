import { formatMs, formatUsd } from "../base/format.ts"
import type { StepAlternative, StepExplanation } from "../optimization/plan-explanation.ts"
import type { PricedPlan } from "../optimization/planner.ts"
import type { Goal } from "../workflow/goal.ts"
import { sameConfig } from "../workflow/config.ts"
import { formatDeviation, prettyConfig } from "../report/numbers.ts"

/** A plan explained: its steps, and the whole plans beside it. */
export interface PlanExplanation {
  readonly goal: Goal
  readonly chosen: PricedPlan
  readonly steps: readonly StepExplanation[]
  /** The cheapest plan that is at least `nextShare` faster, and the fastest that is that much cheaper; null for none. */
  readonly faster: PricedPlan | null
  readonly cheaper: PricedPlan | null
  readonly nextShare: number
}

/** Rounding of sums. */
const TOLERANCE = 1 + 1e-9

/** What a single run of a step saves has too many zeros to be read. */
const RUNS = 1000

const usdOfRuns = (usd: number): string => formatUsd(RUNS * usd)

/** A paragraph a step, and one for the whole plans beside the chosen one. */
export function planExplanationText(explanation: PlanExplanation): string {
  const steps = explanation.steps.map((step) => stepText(step, explanation))
  return [`Step by step, with costs of ${RUNS.toLocaleString("en-US")} runs`, ...steps, wholeText(explanation)].join(
    "\n\n",
  )
}

function stepText(step: StepExplanation, explanation: PlanExplanation): string {
  const place = step.critical ? "on the critical path" : `${formatMs(step.slackMs)} of slack`
  return [
    `${step.step}: ${prettyConfig(step.config)}, ${formatMs(step.latencyMs)}, ${usdOfRuns(step.costUsd)}, ${place}`,
    `  why      ${whyStep(step, explanation)}`,
    ...(step.cheaper === null ? [] : [`  cheaper  ${alternativeText(step, step.cheaper, explanation)}`]),
    ...(step.faster === null ? [] : [`  faster   ${alternativeText(step, step.faster, explanation)}`]),
  ].join("\n")
}

/** One clause: what stands against the next cheaper configuration. */
export function whyStep(step: StepExplanation, { goal, chosen }: Pick<PlanExplanation, "goal" | "chosen">): string {
  const { cheaper, faster } = step
  if (cheaper === null) return "the cheapest configuration that can run"
  if (!step.onFrontier) return "not the best there is: another one is cheaper and no slower"
  if (goal.kind === "cost" && cheaper.planLatencyMs > goal.sloMs * TOLERANCE) {
    const over = formatMs(cheaper.planLatencyMs - goal.sloMs)
    return step.critical
      ? `the next cheaper one would miss the SLO by ${over}`
      : `its slack is too short for the next cheaper one, which would miss the SLO by ${over}`
  }
  if (cheaper.planLatencyMs <= chosen.latencyMs * TOLERANCE)
    return `a cheaper one would do as well and save ${usdOfRuns(step.costUsd - cheaper.costUsd)}`
  if (goal.kind === "cost") return "a cheaper one would still keep the SLO"
  if (faster === null) return "the fastest configuration that can run"
  if (faster.planLatencyMs >= chosen.latencyMs / TOLERANCE) return "a faster one alone would not shorten the workflow"
  return faster.planCostUsd > goal.budgetUsd * TOLERANCE
    ? `the next faster one would exceed the budget by ${usdOfRuns(faster.planCostUsd - goal.budgetUsd)}`
    : "a faster one would still keep the budget"
}

function alternativeText(step: StepExplanation, other: StepAlternative, { chosen }: PlanExplanation): string {
  const changes = `${signed(other.latencyMs - step.latencyMs, formatMs)}, ${signed(other.costUsd - step.costUsd, usdOfRuns)}`
  return `${prettyConfig(other.config)}: ${changes}; the workflow ${effect(other.planLatencyMs - chosen.latencyMs, chosen.latencyMs)}`
}

function effect(differenceMs: number, baseMs: number): string {
  if (Math.abs(differenceMs) <= 1e-9 * baseMs) return "takes as long"
  return `takes ${formatMs(Math.abs(differenceMs))} ${differenceMs > 0 ? "longer" : "less"}`
}

function wholeText({ chosen, faster, cheaper, nextShare }: PlanExplanation): string {
  const share = `${Math.round(100 * nextShare)} %`
  return [
    "The whole plan",
    faster === null
      ? `  faster   no plan is ${share} faster`
      : `  faster   ${beside(faster, chosen)} (the cheapest at least ${share} faster)`,
    cheaper === null
      ? `  cheaper  no plan is ${share} cheaper`
      : `  cheaper  ${beside(cheaper, chosen)} (the fastest at least ${share} cheaper)`,
  ].join("\n")
}

function beside(other: PricedPlan, chosen: PricedPlan): string {
  const changed = Object.entries(other.plan).filter(([step, config]) => !sameConfig(config, chosen.plan[step]!))
  const names = changed.slice(0, 3).map(([step, config]) => `${step} ${prettyConfig(config)}`)
  const more = changed.length > 3 ? ` and ${changed.length - 3} more` : ""
  const time = `${formatMs(other.latencyMs)} (${formatDeviation(other.latencyMs, chosen.latencyMs)})`
  const cost = `${usdOfRuns(other.costUsd)} (${formatDeviation(other.costUsd, chosen.costUsd)})`
  return `${time}, ${cost} by ${names.join(", ")}${more}`
}

function signed(value: number, format: (value: number) => string): string {
  return `${value < 0 ? "-" : "+"}${format(Math.abs(value))}`
}
