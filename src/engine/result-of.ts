import type { Json } from "../base/json.ts"
import { usdOf, type Bill, type CostLine, type Pricing } from "../pricing/pricing.ts"
import { sourceValue } from "../workflow/tasks.ts"
import { criticalPath } from "../workflow/critical-path.ts"
import type {
  HedgeResult,
  LateHedges,
  PrewarmResult,
  RunCostLine,
  RunResult,
  RunStatus,
} from "../workflow/run-result.ts"
import { OVERTAKEN } from "./invocation-entry.ts"
import type { RunError, RunState, StepInvocation } from "./state.ts"
import { metersOf, stepResult } from "./step-result.ts"

/** What a result takes beside the records. */
export interface ResultOptions {
  readonly pricing: Pricing
  readonly prewarm: PrewarmResult
  readonly lateHedges?: LateHedges
  /** Overrides the state's own end: a run that broke or was interrupted has none. */
  readonly end?: { readonly status: RunStatus; readonly error: RunError | null }
}

/** The result of a run, from its records: the same for a run that was resumed and for one that is only looked at. */
export function resultOf(state: RunState, options: ResultOptions): RunResult {
  const { pricing, prewarm, end } = options
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
  const hedges = hedgesOf(invocations, options)
  const lateUsd = options.lateHedges?.usd ?? 0
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
    costUsd: usdOf(bill.picoUsd) + prewarm.costUsd + lateUsd,
    costLines: [...linesOf(bill, invocations, pricing), ...prewarmLine(prewarm), ...hedgeLine(hedges)],
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
    ...(hedges === null ? {} : { hedges }),
  }
}

/** Lines of what was needed; the invocations that were overtaken have a line of their own. */
function linesOf(bill: Bill, invocations: readonly StepInvocation[], pricing: Pricing): RunCostLine[] {
  if (!invocations.some(isOvertaken)) return bill.lines.map(costLine)
  return pricing.bill(metersOf(invocations.filter((entry) => !isOvertaken(entry)))).lines.map(costLine)
}

function isOvertaken({ outcome }: StepInvocation): boolean {
  return outcome === OVERTAKEN
}

function hedgesOf(
  invocations: readonly StepInvocation[],
  { pricing, lateHedges = { late: 0, usd: 0 } }: ResultOptions,
): HedgeResult | null {
  const sent = invocations.filter((entry) => entry.hedge === true)
  if (sent.length === 0) return null
  const booked = usdOf(pricing.bill(metersOf(invocations.filter(isOvertaken))).picoUsd)
  const won = sent.filter((entry) => entry.outcome === "ok").length
  return { sent: sent.length, won, costUsd: booked + lateHedges.usd, late: lateHedges.late, lateUsd: lateHedges.usd }
}

function hedgeLine(hedges: HedgeResult | null): RunCostLine[] {
  return hedges === null || hedges.costUsd === 0
    ? []
    : [{ meter: "hedges", quantity: hedges.sent.toString(), usd: hedges.costUsd }]
}

/** What the workflow says; or the output of the one sink, or `{ sink: output }` of several, of which those that were skipped are left out. */
function outputOf({ definition, steps }: RunState): Json {
  const { output } = definition.workflow
  if (output !== undefined) {
    const of = (name: string): Json | undefined => {
      const run = steps[definition.graph.indexOf.get(name) ?? -1]
      return run === undefined || run.phase === "skipped" ? undefined : run.output
    }
    return sourceValue(output, of, definition.input) ?? (output.kind === "record" ? {} : null)
  }
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
