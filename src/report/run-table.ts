import { formatMs, formatUsd } from "../base/format.ts"
import { printable } from "../base/logger.ts"
import { formatConfig } from "../workflow/config.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import { truncate, wrapText } from "./display-width.ts"
import { formatDeviation, usdFormatter } from "./numbers.ts"
import { summaryLines } from "./run-summary.ts"
import { terminalPaint } from "./terminal-style.ts"
import type { Paint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"
import type { Column } from "./terminal-table.ts"

export interface RunTableOptions {
  /** Cells of the terminal. */
  readonly width: number
  readonly color: boolean
}

/** Longer names of steps are cut in the table, cells; below it they stand in full. */
const MAX_NAME = 28

/** A step gives two rows: what was measured, and below it what had been predicted. */
interface Row {
  readonly kind: "measured" | "predicted"
  readonly step: StepResult
}

/**
 * A run for the terminal: a table of its steps, measured over predicted; why each configuration was chosen; and the
 * run as a whole against its goal.
 */
export function runTable(result: RunResult, options: RunTableOptions): string {
  const paint = terminalPaint(options)
  const width = Math.max(40, options.width)
  const rows = result.steps.flatMap((step): Row[] => [
    { kind: "measured", step },
    ...(wasRun(step) ? [{ kind: "predicted" as const, step }] : []),
  ])
  const table = terminalTable({ columns: columnsFor(result.steps), rows, width, paint })
  const why = result.steps.filter(wasRun).flatMap((step) => whyLines(step, width, paint))
  return [
    ...headLines(result, width, paint),
    "",
    table,
    "",
    ...(why.length > 0 ? [paint("strong", "Why"), ...why, ""] : []),
    ...summaryLines(result, { width, paint }),
  ].join("\n")
}

function headLines(result: RunResult, width: number, paint: Paint): string[] {
  const name = wrapText(printable(result.workflow), width).map((line) => paint("strong", line))
  const about = wrapText(`run ${printable(result.runId)}, policy ${printable(result.policy)}`, width)
  return [...name, ...about.map((line) => paint("faint", line))]
}

function wasRun(step: StepResult): boolean {
  return step.status !== "skipped" && step.status !== "cancelled"
}

function columnsFor(steps: readonly StepResult[]): readonly Column<Row>[] {
  const usd = usdFormatter(steps.flatMap((step) => [step.costUsd, step.predicted.costUsd]))
  const faintPrediction = (row: Row): "faint" | undefined => (row.kind === "predicted" ? "faint" : undefined)
  const column = (
    header: string,
    measured: (step: StepResult) => string,
    predicted: (step: StepResult) => string,
    dropOrder = 0,
  ): Column<Row> => ({
    header,
    align: "right",
    dropOrder,
    cell: (row) => (row.kind === "predicted" ? predicted(row.step) : wasRun(row.step) ? measured(row.step) : "-"),
    style: faintPrediction,
  })
  const nothing = (): string => ""
  return [
    {
      header: "STEP",
      wrapTo: 8,
      cell: (row) => (row.kind === "predicted" ? "  predicted" : nameOf(row.step)),
      style: (row) => (row.kind === "predicted" ? "faint" : stepStyle(row.step)),
    },
    { ...column("CONFIG", (step) => formatConfig(step.config), nothing, 1), align: "left" },
    column("TASKS", (step) => String(step.tasks), nothing, 5),
    column(
      "TIME",
      (step) => formatMs(step.measuredMs),
      (step) => formatMs(step.predictedMs),
    ),
    column("OFF", (step) => formatDeviation(step.measuredMs, step.predictedMs), nothing, 4),
    column("QUEUE", (step) => formatMs(step.queueMs), nothing, 7),
    ...(steps.some((step) => step.retryMs > 0) ? [column("RETRY", (step) => formatMs(step.retryMs), nothing, 7)] : []),
    column(
      "START",
      (step) => formatMs(step.mappingDelayMs),
      (step) => formatMs(step.predicted.mappingDelayMs),
      6,
    ),
    column(
      "DOWN",
      (step) => formatMs(step.downloadMs),
      (step) => formatMs(step.predicted.downloadMs),
      9,
    ),
    column(
      "COMPUTE",
      (step) => formatMs(step.computeMs),
      (step) => formatMs(step.predicted.computeMs),
      8,
    ),
    column(
      "UP",
      (step) => formatMs(step.uploadMs),
      (step) => formatMs(step.predicted.uploadMs),
      9,
    ),
    column(
      "COLD",
      (step) => String(step.coldStarts),
      (step) => String(Math.round(step.predicted.coldStarts)),
      2,
    ),
    column("WARMED", (step) => String(step.prewarmed), nothing, 3),
    column(
      "COST",
      (step) => usd(step.costUsd),
      (step) => usd(step.predicted.costUsd),
    ),
  ]
}

function nameOf(step: StepResult): string {
  const name = truncate(step.name, MAX_NAME)
  return step.status === "succeeded" ? name : `${name} (${step.status})`
}

function stepStyle(step: StepResult): "strong" | "warn" | "bad" {
  if (step.status === "succeeded") return "strong"
  return step.status === "failed" ? "bad" : "warn"
}

/** The reason, and what the second-best choice would have been; wrapped under the name of the step. */
function whyLines(step: StepResult, width: number, paint: Paint): string[] {
  const indent = "    "
  const wrap = (text: string): string[] => wrapText(text, width - indent.length).map((line) => indent + line)
  const name = wrapText(`${printable(step.name)}: ${formatConfig(step.config)}`, width - 2)
  return [
    ...name.map((line) => paint("strong", `  ${line}`)),
    ...(step.infeasible ? [paint("bad", `${indent}goal out of reach`)] : []),
    ...wrap(printable(step.reason)),
    ...wrap(runnerUpText(step)).map((line) => paint("faint", line)),
  ]
}

/** `Runner-up 1769 MB x 8 x 1: 2,060 ms (-21 %), $0.0004930 (+20 %).` against what was predicted for the choice. */
export function runnerUpText({ runnerUp, predictedMs, predicted }: StepResult): string {
  if (runnerUp === null) return "No runner-up."
  const time = `${formatMs(runnerUp.latencyMs)} (${formatDeviation(runnerUp.latencyMs, predictedMs)})`
  const cost = `${formatUsd(runnerUp.costUsd)} (${formatDeviation(runnerUp.costUsd, predicted.costUsd)})`
  return `Runner-up ${formatConfig(runnerUp.config)}: ${time}, ${cost}.`
}
