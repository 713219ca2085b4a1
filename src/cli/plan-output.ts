import { formatMs, formatUsd } from "../base/format.ts"
import type { Estimate, Estimator } from "../estimation/estimator.ts"
import type { Problem } from "../optimization/planner.ts"
import { expectedExecutions, unfold } from "../optimization/uncertainty/unfolding.ts"
import { frontierTable } from "../report/frontier-table.ts"
import { formatPercentile, prettyConfig } from "../report/numbers.ts"
import { type PlanExplanation, planExplanationText, whyStep } from "./plan-explanation.ts"
import { terminalPaint } from "../report/terminal-style.ts"
import { type Column, terminalTable } from "../report/terminal-table.ts"
import type { StepConfig } from "../workflow/config.ts"
import type { FrontierOfPlans, MadePlan } from "./plan-making.ts"

/** All that a plan command has to say. */
export interface PlanOutput {
  readonly problem: Problem
  readonly made: MadePlan
  readonly estimator: Estimator
  readonly platform: "local" | "aws-lambda"
  readonly explanation: PlanExplanation | null
  readonly frontier: FrontierOfPlans | null
}

interface StepRow extends Estimate {
  readonly step: string
  readonly config: StepConfig
  readonly tasks: number
  /** Expected in a run; absent where every run executes the step once. Times and cost are of one execution. */
  readonly executions?: number
}

/** Rows of the frontier's table. */
const ROWS = 16

/** The document of `trimtab plan --json`; explanation and frontier only where they were asked for. */
export function planDocument(output: PlanOutput): object {
  const { problem, made, platform, explanation, frontier } = output
  const { latencyMs, costUsd, attainment } = made.result
  return {
    schemaVersion: 1,
    planner: made.planner,
    platform,
    goal: problem.goal,
    latencyMs,
    costUsd,
    lowerBound: made.lowerBound,
    gap: made.gap,
    ...(attainment === undefined ? {} : { attainment }),
    steps: rowsOf(output),
    ...(explanation === null ? {} : { explanation: explanationDocument(explanation) }),
    ...(frontier === null ? {} : { frontier: frontier.plans }),
  }
}

function explanationDocument({ goal, chosen, steps, faster, cheaper, nextShare }: PlanExplanation): object {
  return {
    steps: steps.map((step) => ({ ...step, why: whyStep(step, { goal, chosen }) })),
    next: { share: nextShare, faster: pricedDocument(faster), cheaper: pricedDocument(cheaper) },
  }
}

function pricedDocument(priced: PlanExplanation["faster"]): object | null {
  return priced === null ? null : { plan: priced.plan, latencyMs: priced.latencyMs, costUsd: priced.costUsd }
}

/** For people: the steps, the headline, then what else was asked for. */
export function planText(output: PlanOutput, { width, color }: { width: number; color: boolean }): string {
  const { explanation, frontier } = output
  return [
    stepTable(rowsOf(output), { width, color }),
    headline(output),
    ...(explanation === null ? [] : [planExplanationText(explanation)]),
    ...(frontier === null ? [] : [frontierTable(frontier.report, { width, color, maxRows: ROWS })]),
  ].join("\n\n")
}

function rowsOf({ problem, made, estimator }: PlanOutput): readonly StepRow[] {
  const executions = expectedExecutions(unfold(problem.workflow))
  return problem.workflow.steps.map(({ name }, i) => {
    const config = made.result.plan[name]!
    const { tasks } = problem.spaces.get(name)!
    const estimate = estimator.estimate({ step: name, config, tasks, warmInstances: 0 })
    return { step: name, config, tasks, ...(executions[i] === 1 ? {} : { executions: executions[i]! }), ...estimate }
  })
}

const EXECUTIONS: Column<StepRow> = {
  header: "per run",
  cell: (row) => String(Number((row.executions ?? 1).toFixed(2))),
  align: "right",
}

function stepTable(rows: readonly StepRow[], { width, color }: { width: number; color: boolean }): string {
  return terminalTable({
    rows,
    width,
    paint: terminalPaint({ color }),
    columns: [
      { header: "step", cell: (row) => row.step },
      { header: "config", cell: (row) => prettyConfig(row.config) },
      { header: "tasks", cell: (row) => String(row.tasks), align: "right" },
      ...(rows.some((row) => row.executions !== undefined) ? [EXECUTIONS] : []),
      { header: "p50", cell: (row) => formatMs(Math.exp(row.latencyMs.logMs[2]!)), align: "right" },
      { header: "p95", cell: (row) => formatMs(Math.exp(row.latencyMs.logMs[5]!)), align: "right" },
      { header: "cost", cell: (row) => formatUsd(row.costUsd.mean), align: "right" },
      { header: "rests on", cell: (row) => row.support },
    ],
  })
}

function headline({ problem: { goal }, made, platform }: PlanOutput): string {
  const { latencyMs, costUsd } = made.result
  const wanted = goal.kind === "cost" ? `SLO ${formatMs(goal.sloMs)}` : `budget ${formatUsd(goal.budgetUsd)}`
  const where = platform === "local" ? "" : "; prices and limits of AWS Lambda"
  const plan = `${formatPercentile(goal.percentile)} latency ${formatMs(latencyMs)}, cost ${formatUsd(costUsd)} a run (${formatUsd(costUsd * 1000)} per 1,000)`
  return `${wanted}: ${plan}${boundText(made, goal.kind)}${attainmentText(made)}${where}`
}

function attainmentText({ result: { attainment } }: MadePlan): string {
  if (attainment === undefined) return ""
  const { share, lower, confidence, scenarios } = attainment
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`
  return `; kept in ${percent(share)} of ${scenarios.toLocaleString("en-US")} fresh scenarios, in ${percent(lower)} at least (${percent(confidence)} confidence)`
}

/** Below this share a plan counts as the best there is: estimates are never as exact. */
const OPTIMAL = 1e-4

function boundText({ lowerBound, gap }: MadePlan, goal: "cost" | "latency"): string {
  if (lowerBound === null || gap === null) return ""
  if (gap <= OPTIMAL) return `, proven optimal to ${(100 * OPTIMAL).toFixed(2)} %`
  const bound = goal === "cost" ? `costs less than ${formatUsd(lowerBound)}` : `is faster than ${formatMs(lowerBound)}`
  return `, at most ${(100 * gap).toFixed(2)} % above the optimum: no plan ${bound}`
}
