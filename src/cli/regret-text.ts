import { assertNever } from "../base/assert-never.ts"
import { formatMs, formatUsd } from "../base/format.ts"
import type { CampaignReport } from "../profiling/campaign-report.ts"
import type { RegretOutcome, RegretRule } from "../profiling/regret-phase.ts"
import { formatConfig } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"

/** Steps that are named as uncertain. */
const NAMED = 3
/** A difference of regrets that is worth a line. */
const NOTED = 0.005

/** For people: how sure the plan is, why no more was measured, what is still open, and when it is paid back. */
export function regretLines({ standing, paybackRuns }: CampaignReport, rule: RegretRule): readonly string[] {
  if (standing === null) return []
  const { goal, plan, regret, usualRegret, uncertain, planUsd, savingUsd } = standing
  return [
    `the plan for ${goalText(goal)} costs ${formatUsd(planUsd)}: at most ${percent(regret.share95)} above the best one with 95 % certainty, ${percent(regret.expectedShare)} on average`,
    `its configurations: ${Object.entries(plan)
      .map(([step, config]) => `${step} ${formatConfig(config)}`)
      .join(", ")}`,
    ...(usualRegret.share95 > regret.share95 + NOTED
      ? [
          `the plan that trimtab plan makes of the same estimates: at most ${percent(usualRegret.share95)} above the best one`,
        ]
      : []),
    `stopped: ${whyText(standing, rule)}`,
    ...uncertain
      .slice(0, NAMED)
      .map(
        ({ step, memoryMB: [least, most], timeSd }) =>
          `still open: ${step}${least < most ? `, between ${least.toLocaleString("en-US")} and ${most.toLocaleString("en-US")} MB` : ""}; its time is uncertain by ${percent(timeSd)}`,
      ),
    ...(paybackRuns === null
      ? []
      : [
          `paid back after ${paybackRuns.toLocaleString("en-US")} runs: each costs ${formatUsd(savingUsd)} less than with 1,024 MB for every step`,
        ]),
  ]
}

function whyText({ reason, regret }: RegretOutcome, { share, runs }: RegretRule): string {
  switch (reason) {
    case "regret":
      return `that is below ${percent(share)}`
    case "not-worth":
      return `the next measurement costs more than ${runs.toLocaleString("en-US")} runs could save (${formatUsd(regret.expectedUsd * runs)})`
    case "nothing-left":
      return "what could still be measured has failed, or takes too long"
    case "time":
      return "the time is spent; --max-time allows more"
    case "cost":
      return "the money is spent; --max-cost allows more"
    case "invocations":
      return "the invocations are spent"
    case "rounds":
      return "that is as often as a function is measured at once; trimtab profile goes on"
    default:
      return assertNever(reason)
  }
}

function goalText(goal: Goal): string {
  return goal.kind === "cost" ? `a deadline of ${formatMs(goal.sloMs)}` : `a budget of ${formatUsd(goal.budgetUsd)}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
}
