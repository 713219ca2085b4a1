import { printable } from "../base/logger.ts"
import { formatConfig } from "../workflow/config.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import { wrapText } from "./display-width.ts"
import { formatDeviation, shortMs, shortUsd } from "./numbers.ts"
import { stepColumns, wasRun } from "./run-columns.ts"
import type { StepRow } from "./run-columns.ts"
import { summaryLines } from "./run-summary.ts"
import { terminalPaint } from "./terminal-style.ts"
import type { Paint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"

export interface RunTableOptions {
  /** Cells of the terminal. */
  readonly width: number
  readonly color: boolean
}

/**
 * A run for the terminal: a table of its steps, measured over predicted; why each configuration was chosen; and the
 * run as a whole against its goal.
 */
export function runTable(result: RunResult, options: RunTableOptions): string {
  const paint = terminalPaint(options)
  const width = Math.max(40, options.width)
  const rows = result.steps.flatMap((step): StepRow[] => [
    { kind: "measured", step },
    ...(wasRun(step) ? [{ kind: "predicted" as const, step }] : []),
  ])
  const table = terminalTable({ columns: stepColumns(result.steps), rows, width, paint })
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

/** `Runner-up 1769 MB x 8 x 1: 2.06 s (-21 %), $0.000493 (+27 %).` against what was predicted for the choice. */
export function runnerUpText({ runnerUp, predictedMs, predicted }: StepResult): string {
  if (runnerUp === null) return "No runner-up."
  const time = `${shortMs(runnerUp.latencyMs)} (${formatDeviation(runnerUp.latencyMs, predictedMs)})`
  const cost = `${shortUsd(runnerUp.costUsd)} (${formatDeviation(runnerUp.costUsd, predicted.costUsd)})`
  return `Runner-up ${formatConfig(runnerUp.config)}: ${time}, ${cost}.`
}
