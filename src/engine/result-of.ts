import type { Json } from "../base/json.ts"
import { usdOf, type CostLine, type Pricing } from "../pricing/pricing.ts"
import { criticalPath } from "../workflow/critical-path.ts"
import type { PrewarmResult, RunCostLine, RunResult, RunStatus } from "../workflow/run-result.ts"
import type { RunError, RunState } from "./state.ts"
import { metersOf, stepResult } from "./step-result.ts"

/** What a result takes beside the records. */
export interface ResultOptions {
  readonly pricing: Pricing
  readonly prewarm: PrewarmResult
  /** Overrides the state's own end: a run that broke or was interrupted has none. */
  readonly end?: { readonly status: RunStatus; readonly error: RunError | null }
}

/** The result of a run, from its records: the same for a run that was resumed and for one that is only looked at. */
export function resultOf(state: RunState, { pricing, prewarm, end }: ResultOptions): RunResult {
  const { definition } = state
  const meters = state.steps.map((run) => metersOf(run.invocations))
  const steps = state.steps.map((run, index) => stepResult(run, meters[index]!, pricing))
  const invocations = state.steps.flatMap((run) => run.invocations)
  const measured = steps.map((step) => step.measuredMs)
  const path = criticalPath(definition.graph, measured)
  const longestMs = path.reduce((sum, index) => sum + measured[index]!, 0)
  const { status, error } = end ?? state.end ?? { status: "broken" as const, error: null }
  const sloMs = definition.goal.kind === "cost" ? definition.goal.sloMs : null
  const done = status === "succeeded" || status === "partial"
  const bill = pricing.bill(meters.flat())
  const decisions = state.steps.flatMap((run) => run.decisions)
  return {
    schemaVersion: 1,
    runId: definition.runId,
    workflow: definition.workflow.name,
    status,
    goal: definition.goal,
    sloMs,
    sloMet: sloMs === null ? null : done && state.nowMs <= sloMs,
    startedAtWallMs: state.startedAtWallMs,
    latencyMs: state.nowMs,
    costUsd: usdOf(bill.picoUsd) + prewarm.costUsd,
    costLines: [...bill.lines.map(costLine), ...prewarmLine(prewarm)],
    overheadMs: Math.max(0, state.nowMs - longestMs),
    criticalPath: path.map((index) => definition.graph.names[index]!),
    enforcement: enforcementOf(invocations.map((entry) => entry.enforced)),
    decisionMs: state.decisionMs,
    infeasible: decisions.some((decision) => decision.infeasible),
    policy: decisions[0]?.policy ?? "",
    output: done ? outputOf(state) : null,
    error,
    steps,
    prewarm,
  }
}

/** The output of the one sink, or `{ sink: output }` of several, of which those that were skipped are left out. */
function outputOf({ definition, steps }: RunState): Json {
  const sinks = steps.filter((_, index) => definition.graph.children[index]!.length === 0)
  if (sinks.length === 1) return sinks[0]!.output
  const ran = sinks.filter((run) => run.phase !== "skipped")
  return Object.fromEntries(ran.map((run) => [run.step.name, run.output]))
}

function costLine({ meter, quantity, picoUsd }: CostLine): RunCostLine {
  return { meter, quantity: quantity.toString(), usd: picoUsd === null ? null : usdOf(picoUsd) }
}

/** Instances that were warmed ahead of a step are paid like any other, on a line of their own. */
function prewarmLine({ warmed, costUsd }: PrewarmResult): RunCostLine[] {
  return costUsd === 0 ? [] : [{ meter: "prewarm", quantity: warmed.toString(), usd: costUsd }]
}

/** The layer that enforced the sizes; the weakest where invocations differ. */
function enforcementOf(layers: readonly string[]): string {
  const seen = new Set(layers.filter((layer) => layer !== ""))
  if (seen.size === 0 || seen.has("none")) return "none"
  return [...seen].sort().join("+")
}
