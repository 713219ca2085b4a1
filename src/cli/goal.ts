import { TrimtabError } from "../base/errors.ts"
import { DEFAULT_PERCENTILE, type Goal } from "../workflow/goal.ts"
import type { Workflow } from "../workflow/workflow.ts"

/** The flags that state a goal. */
export interface GoalFlags {
  readonly slo?: number
  readonly budget?: number
  readonly percentile?: number
}

/** The goal of the flags, else the workflow's own. @throws TrimtabError `usage` when there is none */
export function goalOf(flags: GoalFlags, workflow: Workflow): Goal {
  const percentile = flags.percentile ?? workflow.goal?.percentile ?? DEFAULT_PERCENTILE
  if (flags.slo !== undefined) return { kind: "cost", sloMs: flags.slo, percentile }
  if (flags.budget !== undefined) return { kind: "latency", budgetUsd: flags.budget, percentile }
  if (workflow.goal !== undefined) return { ...workflow.goal, percentile }
  throw new TrimtabError(
    "usage",
    `workflow ${workflow.name} has no goal; give --slo 20s or --budget 0.002, or put a goal into its spec`,
  )
}
