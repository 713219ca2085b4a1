import { formatConfig } from "../workflow/config.ts"
import type { StepResult } from "../workflow/run-result.ts"
import { truncate } from "./display-width.ts"
import { formatDeviation, shortMs, usdFormatter } from "./numbers.ts"
import type { Column } from "./terminal-table.ts"

/** A step gives two rows: what was measured, and below it what had been predicted. */
export interface StepRow {
  readonly kind: "measured" | "predicted"
  readonly step: StepResult
}

/** A figure of a step; what nobody predicts has no `predicted`. */
interface Figure {
  readonly header: string
  /** Which columns go first when the terminal is narrow: the highest; 0 stays. */
  readonly dropOrder: number
  readonly measured: (step: StepResult) => string
  readonly predicted?: (step: StepResult) => string
}

/** Longer names of steps are cut in the table, cells; below it they stand in full. */
const MAX_NAME = 28

const SIZE: Figure = { header: "TASKS", dropOrder: 6, measured: (step) => String(step.tasks) }

const TIMES: readonly Figure[] = [
  duration("TIME", 0, (step) => [step.measuredMs, step.predictedMs]),
  { header: "OFF", dropOrder: 5, measured: (step) => formatDeviation(step.measuredMs, step.predictedMs) },
  { header: "QUEUE", dropOrder: 8, measured: (step) => shortMs(step.queueMs) },
  { header: "RETRY", dropOrder: 3, measured: (step) => shortMs(step.retryMs) },
  duration("START", 7, (step) => [step.mappingDelayMs, step.predicted.mappingDelayMs]),
  duration("DOWN", 10, (step) => [step.downloadMs, step.predicted.downloadMs]),
  duration("COMPUTE", 9, (step) => [step.computeMs, step.predicted.computeMs]),
  duration("UP", 10, (step) => [step.uploadMs, step.predicted.uploadMs]),
]

const STARTS: readonly Figure[] = [
  {
    header: "COLD",
    dropOrder: 2,
    measured: (step) => String(step.coldStarts),
    predicted: (step) => String(Math.round(step.predicted.coldStarts)),
  },
  { header: "WARMED", dropOrder: 4, measured: (step) => String(step.prewarmed) },
]

/** The columns of a run's steps. RETRY is left out where nothing was tried again. */
export function stepColumns(steps: readonly StepResult[]): readonly Column<StepRow>[] {
  const usd = usdFormatter(steps.flatMap((step) => [step.costUsd, step.predicted.costUsd]))
  const retried = steps.some((step) => step.retryMs > 0)
  const cost: Figure = {
    header: "COST",
    dropOrder: 0,
    measured: (step) => usd(step.costUsd),
    predicted: (step) => usd(step.predicted.costUsd),
  }
  const times = TIMES.filter(({ header }) => retried || header !== "RETRY")
  return [NAME, CONFIG, ...[SIZE, ...times, ...STARTS, cost].map(figureColumn)]
}

/** False for a step that never had an invocation: it has no figures to show. */
export function wasRun(step: StepResult): boolean {
  return step.status !== "skipped" && step.status !== "cancelled"
}

const NAME: Column<StepRow> = {
  header: "STEP",
  wrapTo: 8,
  cell: ({ kind, step }) => (kind === "predicted" ? "  predicted" : nameOf(step)),
  style: ({ kind, step }) => (kind === "predicted" ? "faint" : stepStyle(step)),
}

const CONFIG: Column<StepRow> = {
  header: "CONFIG",
  dropOrder: 1,
  cell: ({ kind, step }) => (kind === "predicted" ? "" : wasRun(step) ? formatConfig(step.config) : "-"),
}

function figureColumn({ header, dropOrder, measured, predicted }: Figure): Column<StepRow> {
  return {
    header,
    dropOrder,
    align: "right",
    cell: ({ kind, step }) => {
      if (kind === "predicted") return predicted?.(step) ?? ""
      return wasRun(step) ? measured(step) : "-"
    },
    style: ({ kind }) => (kind === "predicted" ? "faint" : undefined),
  }
}

function duration(
  header: string,
  dropOrder: number,
  timesMs: (step: StepResult) => readonly [measured: number, predicted: number],
): Figure {
  return {
    header,
    dropOrder,
    measured: (step) => shortMs(timesMs(step)[0]),
    predicted: (step) => shortMs(timesMs(step)[1]),
  }
}

function nameOf(step: StepResult): string {
  const name = truncate(step.name, MAX_NAME)
  return step.status === "succeeded" ? name : `${name} (${step.status})`
}

function stepStyle(step: StepResult): "strong" | "warn" | "bad" {
  if (step.status === "succeeded") return "strong"
  return step.status === "failed" ? "bad" : "warn"
}
