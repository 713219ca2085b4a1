import { formatMs, formatUsd } from "../base/format.ts"
import type { Spread } from "../statistics/spread.ts"
import { count, formatShare, shortMs, shortUsd } from "./numbers.ts"
import type { SimulatedStep, SimulationReport } from "./simulation-report.ts"
import { terminalPaint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"

/** `attained in 96.2 % of 1,000 runs (94.8 to 97.3 %), wanted 95 %`. */
export function attainmentText({ attainment, runs, goal }: SimulationReport): string {
  const { share, low, high } = attainment
  const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`
  const aim = goal.kind === "cost" ? formatMs(goal.sloMs) : formatUsd(goal.budgetUsd)
  const ends = `${percent(low)} to ${percent(high)}`
  return `${percent(share)} of ${count(runs, "run")} within ${aim} (95 % interval ${ends}); wanted ${formatShare(attainment.wanted)}`
}

/** What a simulation came to, for terminals. */
export function simulationTable(
  report: SimulationReport,
  look: { readonly width: number; readonly color: boolean },
): string {
  const paint = terminalPaint(look)
  const spreads = [
    { name: "latency", spread: report.latencyMs, write: shortMs },
    { name: "cost", spread: report.costUsd, write: shortUsd },
    { name: "queue", spread: report.queueMs, write: shortMs },
  ]
  const columns = (["mean", "p50", "p90", "p95", "p99", "max"] as const).map((key: keyof Spread) => ({
    header: key,
    align: "right" as const,
    cell: (row: (typeof spreads)[number]) => row.write(row.spread[key]),
  }))
  return [
    `${report.workflow} ${report.platform}, policy ${report.policy}, ${report.load}, seed ${report.seed}`,
    attainmentText(report),
    eventsText(report),
    prewarmedText(report),
    "",
    terminalTable({
      rows: spreads,
      width: look.width,
      paint,
      columns: [{ header: "", cell: (row) => row.name }, ...columns],
    }),
    "",
    stepsTable(report, look),
  ].join("\n")
}

/** `prewarming (newsvendor): 1,204 instances warmed, 1,190 used, 312 s of mapping delay avoided for $0.0042; ...`. */
export function prewarmedText({ prewarm, runs }: SimulationReport): string {
  const { rule, warmed, hits, avoidedMs, mappingShare, costUsd } = prewarm
  const share = `mapping delay is ${(100 * mappingShare).toFixed(1)} % of the latency`
  if (rule === "none") return `no prewarming; ${share}`
  const perRun = `${formatMs(avoidedMs / Math.max(1, runs))} of mapping delay avoided a run`
  return `prewarming (${rule}): ${count(warmed, "instance")} warmed, ${hits.toLocaleString("en-US")} used, ${perRun} for ${formatUsd(costUsd)} in all; ${share}`
}

/** Cold starts, retries and what else happened, in a line. */
export function eventsText(report: SimulationReport): string {
  const { invocations, coldStarts, retries, hedges, throttled, faults, infeasible, statuses, virtualMs } = report
  const ends = Object.entries(statuses).map(([status, number]) => `${number} ${status}`)
  return [
    ends.join(", "),
    `${count(invocations, "invocation")}, ${formatShare(coldStarts / Math.max(1, invocations))} cold`,
    ...(retries > 0 ? [count(retries, "retry").replace("retrys", "retries")] : []),
    ...(hedges.sent > 0
      ? [
          `${count(hedges.sent, "duplicate")} of late invocations, ${hedges.won} came first, ${formatUsd(hedges.costUsd)} in vain`,
        ]
      : []),
    ...(throttled > 0 ? [`${throttled.toLocaleString("en-US")} throttled`] : []),
    ...(faults > 0 ? [count(faults, "fault")] : []),
    ...(infeasible > 0 ? [`goal out of reach in ${count(infeasible, "run")}`] : []),
    `${formatMs(virtualMs)} of virtual time`,
  ].join("; ")
}

function stepsTable(
  { steps, goal }: SimulationReport,
  look: { readonly width: number; readonly color: boolean },
): string {
  const upper = goal.percentile >= 0.97 ? "p99" : "p95"
  return terminalTable<SimulatedStep>({
    rows: steps,
    width: look.width,
    paint: terminalPaint(look),
    columns: [
      { header: "step", cell: (step) => step.name },
      { header: "p50", cell: (step) => shortMs(step.measuredMs.p50), align: "right" },
      { header: upper, cell: (step) => shortMs(step.measuredMs[upper]), align: "right" },
      { header: "predicted", cell: (step) => shortMs(step.predictedMs), align: "right", dropOrder: 2 },
      { header: "cost", cell: (step) => shortUsd(step.costUsd), align: "right" },
      { header: "cold", cell: (step) => formatShare(step.coldShare), align: "right" },
      { header: "mostly", cell: (step) => `${step.config} (${formatShare(step.configShare)})`, dropOrder: 1 },
    ],
  })
}
