import { formatMs, formatUsd } from "../base/format.ts"
import { checkProof, type ProofCheck } from "../optimization/plan-proof.ts"
import type { Problem } from "../optimization/planner.ts"
import { formatPercentile } from "../report/numbers.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Goal } from "../workflow/goal.ts"
import { EXIT } from "./exit-codes.ts"
import type { PlanCertificateFile } from "./plan-certificate.ts"

/** A certificate against the present estimates. */
export interface CheckedPlan extends ProofCheck {
  readonly goal: Goal
  readonly claimed: { readonly latencyMs: number; readonly costUsd: number; readonly lowerBound: number | null }
  /** Of the plan at the present estimates, against what the proof proves; null when it proves nothing. */
  readonly gap: number | null
}

/** @throws TrimtabError `invalid-data` when the certificate is of another workflow */
export function checkPlan(problem: Problem, file: PlanCertificateFile): CheckedPlan {
  const missing = problem.workflow.steps.filter(({ name }) => file.plan[name] === undefined).map(({ name }) => name)
  if (missing.length > 0 || file.workflow !== problem.workflow.name)
    throw new TrimtabError(
      "invalid-data",
      `the certificate is of workflow ${file.workflow}${missing.length > 0 ? ` and has no configuration for ${missing.join(", ")}` : ""}, the project has ${problem.workflow.name}`,
      { fix: "write it again with trimtab plan --certificate" },
    )
  const checked = checkProof(problem, file.plan, file.proof)
  const { priced, lowerBound } = checked
  const objective = problem.goal.kind === "cost" ? priced.costUsd : priced.latencyMs
  const gap = lowerBound === null || lowerBound <= 0 ? null : Math.max(0, objective / lowerBound - 1)
  const { latencyMs, costUsd } = file
  return { ...checked, goal: problem.goal, gap, claimed: { latencyMs, costUsd, lowerBound: file.lowerBound } }
}

export function checkExit({ holds, keepsGoal }: CheckedPlan): number {
  if (!holds) return EXIT.error
  return keepsGoal ? EXIT.ok : EXIT.goal
}

export function checkDocument({ holds, keepsGoal, goal, priced, lowerBound, gap, claimed }: CheckedPlan): object {
  const { latencyMs, costUsd } = priced
  return { schemaVersion: 1, goal, holds, keepsGoal, latencyMs, costUsd, lowerBound, gap, claimed }
}

export function checkText(checked: CheckedPlan): string {
  const { goal, priced, keepsGoal } = checked
  const wanted =
    goal.kind === "cost" ? `the SLO of ${formatMs(goal.sloMs)}` : `the budget of ${formatUsd(goal.budgetUsd)}`
  const takes = `${formatPercentile(goal.percentile)} latency ${formatMs(priced.latencyMs)}, cost ${formatUsd(priced.costUsd)}`
  return [`the plan ${keepsGoal ? "keeps" : "misses"} ${wanted}: ${takes}`, proofText(checked)].join("\n")
}

function proofText({ holds, lowerBound, gap, goal }: CheckedPlan): string {
  if (lowerBound === null) return "the proof fails: it is none of this workflow with these limits"
  if (lowerBound <= 0) return `the proof ${holds ? "holds, but proves" : "fails: it proves"} nothing for this goal`
  const amount = goal.kind === "cost" ? formatUsd(lowerBound) : formatMs(lowerBound)
  const proves =
    goal.kind === "cost" ? `no plan within it costs less than ${amount}` : `no plan within it is faster than ${amount}`
  const best = gap === null ? "" : `; the plan is at most ${(100 * gap).toFixed(2)} % above the optimum`
  return holds
    ? `the proof holds: ${proves}${best}`
    : `the proof fails: it claims more than follows from the present estimates, by which ${proves}${best}`
}
