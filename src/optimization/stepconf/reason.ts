import { assertNever } from "../../base/assert-never.ts"
import { formatMs, formatUsd } from "../../base/format.ts"
import type { Frontier } from "../frontier.ts"
import type { Outlook } from "./outlook.ts"

export interface Choice {
  readonly frontier: Frontier
  readonly chosen: number
  /** From now to the latest finish. */
  readonly shareMs: number
  /** Instances of the choice that are warm. */
  readonly warm: number
}

/** Why this configuration, as one clause for people. */
export function reasonFor(outlook: Outlook, choice: Choice): string {
  const { frontier, chosen } = choice
  const takes = formatMs(frontier.latencyMs[chosen]!)
  switch (outlook.kind) {
    case "on-time":
      return outlook.view.goal.kind === "cost" ? inTime(choice, takes) : inBudget(outlook.view.goal.budgetUsd, takes)
    case "late":
      return chosen === 0
        ? `fastest there is, as the deadline cannot be met any more: ${takes}`
        : `cheapest that does not delay a run that is late already: ${takes} of ${formatMs(choice.shareMs)}`
    case "over-budget":
      return `cheapest there is, as the budget is spent: ${formatUsd(frontier.costUsd[chosen]!)}`
    default:
      return assertNever(outlook.kind)
  }
}

function inTime({ frontier, chosen, shareMs, warm }: Choice, takes: string): string {
  const share = `${takes} of its ${formatMs(shareMs)} share`
  if (chosen === 0 && frontier.point.length > 1) return `fastest, as nothing cheaper fits: ${share}`
  const what = chosen === frontier.point.length - 1 ? "cheapest of all and quick enough" : "cheapest that fits"
  return `${what}: ${share}${warm > 0 ? `, ${warm} warm` : ""}`
}

function inBudget(budgetUsd: number, takes: string): string {
  return `as fast as the budget of ${formatUsd(budgetUsd)} allows: ${takes}`
}
