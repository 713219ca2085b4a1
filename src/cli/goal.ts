import { TrimtabError } from "../base/errors.ts"
import { DEFAULT_PERCENTILE, type Goal } from "../workflow/goal.ts"
import type { Workflow } from "../workflow/workflow.ts"

/** The flags that state a goal. */
export interface GoalFlags {
  readonly slo?: number
  readonly budget?: number
  readonly percentile?: number
  readonly onDeadline?: "continue" | "cancel"
}

/** The goal of the flags, else the workflow's own. @throws TrimtabError `usage` when there is none */
export function goalOf(flags: GoalFlags, workflow: Workflow): Goal {
  const percentile = flags.percentile ?? workflow.goal?.percentile ?? DEFAULT_PERCENTILE
  const goal = goalFrom(flags, workflow, percentile)
  if (goal !== null) return withDeadline(goal, flags, workflow)
  throw new TrimtabError(
    "usage",
    `workflow ${workflow.name} has no goal; give --slo 20s or --budget 0.002, or put a goal into its spec`,
  )
}

function goalFrom({ slo, budget }: GoalFlags, workflow: Workflow, percentile: number): Goal | null {
  if (slo !== undefined) return { kind: "cost", sloMs: slo, percentile }
  if (budget !== undefined) return { kind: "latency", budgetUsd: budget, percentile }
  return workflow.goal === undefined ? null : { ...workflow.goal, percentile }
}

/** What happens at the deadline: as the flag says, else as the workflow does. */
function withDeadline(goal: Goal, { onDeadline }: GoalFlags, workflow: Workflow): Goal {
  if (goal.kind !== "cost") {
    if (onDeadline !== "cancel") return goal
    throw new TrimtabError("usage", "--on-deadline cancel needs a deadline, and the goal is a budget", {
      fix: "give --slo instead of --budget",
    })
  }
  const { onDeadline: own, ...rest } = goal
  const inherited = own ?? (workflow.goal?.kind === "cost" ? workflow.goal.onDeadline : undefined)
  return (onDeadline ?? inherited) === "cancel" ? { ...rest, onDeadline: "cancel" } : rest
}
