import type { Json } from "../base/json.ts"
import type { CostLine } from "../pricing/pricing.ts"
import type { Workflow } from "../workflow/workflow.ts"
import type { BenchParts } from "./bench.ts"
import type { RegretOutcome } from "./regret-phase.ts"
import type { VisitLimits } from "./visit.ts"

export interface CampaignReport {
  readonly invocations: number
  /** Measurements repeated because the machine was too busy to trust them. */
  readonly repeated: number
  /** Measurements at sizes that ran out of memory or time, or failed: data points. */
  readonly failures: number
  /** Samples added to the profiles. */
  readonly samples: number
  readonly elapsedMs: number
  readonly costUsd: number
  readonly costLines: readonly CostLine[]
  /** Why it ended: everything was measured that was to be, or a budget was spent. */
  readonly ended: "complete" | "time" | "invocations" | "cost"
  /** Visits of sizes that the budget left out. */
  readonly skipped: number
  /** How sure the plan is now, and why no more was measured; null without a rule, or where a step has no task. */
  readonly standing: RegretOutcome | null
  /** Runs after which the plan has saved what this campaign cost; null where it cost nothing, or nothing says that it saves anything. */
  readonly paybackRuns: number | null
  /** Functions none of whose steps runs with this input. */
  readonly unreached: readonly string[]
  /** Outputs of the workflow's last steps, by step name. */
  readonly outputs: Readonly<Record<string, Json>>
}

interface Ends {
  readonly workflow: Workflow
  /** Of the steps that ran, by name. */
  readonly outputs: ReadonlyMap<string, Json>
  /** Functions that were reached. */
  readonly measured: ReadonlySet<string>
  readonly skipped: number
  readonly standing: RegretOutcome | null
}

/** What a campaign did, from its ledger. */
export function campaignReport({ ledger, counts }: BenchParts, limits: VisitLimits, ends: Ends): CampaignReport {
  const { workflow, outputs, measured, skipped, standing } = ends
  const last = workflow.steps.filter((step) => !workflow.steps.some((other) => other.after.includes(step.name)))
  const costUsd = ledger.costUsd()
  return {
    ...counts,
    invocations: ledger.invocations,
    elapsedMs: ledger.elapsedMs(),
    costUsd,
    costLines: ledger.costLines(),
    ended: endedBy({ invocations: ledger.invocations, costUsd }, limits, ends),
    skipped,
    standing,
    paybackRuns:
      costUsd > 0 && standing !== null && standing.savingUsd > 0 ? Math.ceil(costUsd / standing.savingUsd) : null,
    unreached: Object.keys(workflow.functions).filter(
      (name) => !measured.has(name) && workflow.steps.some((step) => step.function === name),
    ),
    outputs: Object.fromEntries(
      last.flatMap(({ name }) => (outputs.has(name) ? [[name, outputs.get(name)!] as const] : [])),
    ),
  }
}

function endedBy(
  spent: { readonly invocations: number; readonly costUsd: number },
  { maxInvocations, maxUsd }: VisitLimits,
  { skipped, standing }: Ends,
): CampaignReport["ended"] {
  const reason = standing?.reason
  if (reason === "time" || reason === "invocations" || reason === "cost") return reason
  if (skipped === 0) return "complete"
  if (spent.costUsd >= maxUsd) return "cost"
  // Not even one more visit would fit.
  return spent.invocations + 2 > maxInvocations ? "invocations" : "time"
}
