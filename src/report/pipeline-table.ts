import { count, formatShare, shortMs, shortUsd } from "./numbers.ts"
import { criticalShares, type PipelineBranch, type PipelineReport, type PipelineStep } from "./pipeline-report.ts"
import { terminalPaint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"

interface Look {
  readonly width: number
  readonly color: boolean
}

/** Critical paths that are listed one by one. */
const PATHS = 5

/** The pipeline as tables for terminals: steps, what they wait for, choices, critical paths, end to end. */
export function pipelineTable(report: PipelineReport, look: Look): string {
  return [
    headline(report),
    "",
    stepsTable(report, look),
    "",
    ...branchLines(report.branches),
    ...pathLines(report),
    "",
    totalsTable(report, look),
  ].join("\n")
}

function headline({ steps, window }: PipelineReport): string {
  const { runs, completeRuns, invocations, fromMs, toMs } = window
  const span = fromMs === null || toMs === null ? "" : `, ${instant(fromMs)} to ${instant(toMs)}`
  const short = runs - completeRuns
  const lost = short === 0 ? "" : ` (${short.toLocaleString("en-US")} short of a record)`
  return `${count(steps.length, "step")} in ${count(runs, "run")}${lost}, ${count(invocations, "invocation")}${span}`
}

/** `2026-11-28 04:31:07 UTC`. */
export function instant(ms: number): string {
  return Math.abs(ms) > 8.64e15 ? "-" : `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`
}

function stepsTable(report: PipelineReport, look: Look): string {
  const critical = criticalShares(report)
  const priced = report.steps.some(({ costUsd }) => costUsd !== null)
  return terminalTable<PipelineStep>({
    rows: report.steps,
    width: look.width,
    paint: terminalPaint(look),
    columns: [
      { header: "step", cell: ({ name }) => name, style: () => "strong" },
      { header: "waits for", cell: ({ name }) => waitsText(report, name), wrapTo: 16, dropOrder: 1 },
      { header: "memory", cell: sizeText, align: "right" },
      { header: "in runs", cell: ({ probability }) => formatShare(probability), align: "right" },
      { header: "count", cell: countText, align: "right", dropOrder: 2 },
      { header: "p50", cell: ({ stepMs }) => shortMs(stepMs.p50), align: "right" },
      { header: "p95", cell: ({ stepMs }) => shortMs(stepMs.p95), align: "right" },
      ...(priced
        ? [
            {
              header: "cost",
              cell: ({ costUsd }: PipelineStep) => (costUsd === null ? "-" : shortUsd(costUsd.mean)),
              align: "right" as const,
            },
          ]
        : []),
      { header: "cold", cell: ({ coldShare }) => formatShare(coldShare), align: "right", dropOrder: 3 },
      {
        header: "failed",
        cell: ({ failedShare }) => formatShare(failedShare),
        align: "right",
        dropOrder: 3,
        style: ({ failedShare }) => (failedShare > 0 ? "bad" : undefined),
      },
      { header: "critical", cell: ({ name }) => formatShare(critical.get(name) ?? 0), align: "right" },
    ],
  })
}

/** `scale, face (assumed)`, `called by decode`. */
export function waitsText({ edges }: PipelineReport, step: string): string {
  const texts = edges.flatMap(({ from, to, kind, evidence }) => {
    if (to !== step) return []
    return kind === "call" ? [`called by ${from}`] : [evidence === 0 ? `${from} (assumed)` : from]
  })
  return texts.length === 0 ? "-" : texts.join(", ")
}

/** `1,024 MB`, with a mark where there were others. */
export function sizeText({ memoryMB, sizes }: PipelineStep): string {
  return `${memoryMB.toLocaleString("en-US")} MB${sizes.length > 1 ? ` of ${sizes.length}` : ""}`
}

/** `1`, `1-6, mean 3.2`. */
export function countText({ count: { min, max, mean } }: PipelineStep): string {
  return min === max ? String(min) : `${min}-${max}, mean ${mean.toFixed(1)}`
}

function branchLines(branches: readonly PipelineBranch[]): readonly string[] {
  return branches.map((branch) => `choice ${branchText(branch)}`)
}

/** `after scale: face 30 %, body 52 %, none 18 %`. */
export function branchText({ after, choices }: PipelineBranch): string {
  const texts = choices.map(({ steps, probability }) => {
    const names = steps.length === 0 ? "none" : steps.join(", ")
    return `${names} ${formatShare(probability)}`
  })
  return `${after === null ? "at the start" : `after ${after}`}: ${texts.join("; ")}`
}

function pathLines({ criticalPaths }: PipelineReport): readonly string[] {
  const shown = criticalPaths.slice(0, PATHS)
  const rest = criticalPaths.slice(PATHS).reduce((sum, { probability }) => sum + probability, 0)
  return [
    ...shown.map(({ path, probability }) => `critical in ${formatShare(probability)}: ${path.join(" > ")}`),
    ...(rest > 0 ? [`critical in ${formatShare(rest)}: ${count(criticalPaths.length - PATHS, "other path")}`] : []),
  ]
}

function totalsTable({ latencyMs, costUsd }: PipelineReport, look: Look): string {
  const rows = [
    { name: "latency", spread: latencyMs, write: shortMs },
    ...(costUsd === null ? [] : [{ name: "cost", spread: costUsd, write: shortUsd }]),
  ]
  return terminalTable({
    rows,
    width: look.width,
    paint: terminalPaint(look),
    columns: [
      { header: "end to end", cell: (row) => row.name },
      ...(["mean", "p50", "p90", "p95", "p99", "max"] as const).map((key) => ({
        header: key,
        align: "right" as const,
        cell: (row: (typeof rows)[number]) => row.write(row.spread[key]),
      })),
    ],
  })
}
