import type { RunResult, StepResult } from "../workflow/run-result.ts"
import type { Child, VNode } from "./h.ts"
import { htmlTable, twoLines } from "./html-table.ts"
import type { HtmlColumn } from "./html-table.ts"
import { formatDeviation, prettyConfig, shortMs, usdFormatter } from "./numbers.ts"

/** Every step: what was measured, and below each figure what had been predicted. */
export function stepTable(result: RunResult): VNode {
  const usd = usdFormatter(result.steps.flatMap((step) => [step.costUsd, step.predicted.costUsd]))
  const time = (measured: (step: StepResult) => number, predicted: (step: StepResult) => number) => {
    return (step: StepResult): Child => twoLines(shortMs(measured(step)), shortMs(predicted(step)))
  }
  const columns: readonly HtmlColumn<StepResult>[] = [
    { header: "Step", cell: (step) => twoLines(step.name, prettyConfig(step.config)) },
    { header: "Tasks", cell: (step) => step.tasks, align: "right" },
    {
      header: "Time",
      cell: time(
        (s) => s.measuredMs,
        (s) => s.predictedMs,
      ),
      align: "right",
    },
    { header: "Off by", cell: (step) => formatDeviation(step.measuredMs, step.predictedMs) || "-", align: "right" },
    { header: "Queue", cell: (step) => shortMs(step.queueMs), align: "right" },
    { header: "Retry", cell: (step) => shortMs(step.retryMs), align: "right" },
    {
      header: "Start",
      cell: time(
        (s) => s.mappingDelayMs,
        (s) => s.predicted.mappingDelayMs,
      ),
      align: "right",
    },
    {
      header: "Download",
      cell: time(
        (s) => s.downloadMs,
        (s) => s.predicted.downloadMs,
      ),
      align: "right",
    },
    {
      header: "Compute",
      cell: time(
        (s) => s.computeMs,
        (s) => s.predicted.computeMs,
      ),
      align: "right",
    },
    {
      header: "Upload",
      cell: time(
        (s) => s.uploadMs,
        (s) => s.predicted.uploadMs,
      ),
      align: "right",
    },
    {
      header: "Cold",
      cell: (step) => twoLines(step.coldStarts, Math.round(step.predicted.coldStarts)),
      align: "right",
    },
    { header: "Warmed", cell: (step) => step.prewarmed, align: "right" },
    { header: "Cost", cell: (step) => twoLines(usd(step.costUsd), usd(step.predicted.costUsd)), align: "right" },
  ]
  return htmlTable({ label: "Steps, measured over predicted", columns, rows: result.steps })
}
