import { card } from "./card.ts"
import { h, type VNode } from "./h.ts"
import { htmlTable, twoLines } from "./html-table.ts"
import { count, formatShare, shortMs, shortUsd } from "./numbers.ts"
import { htmlPage } from "./page.ts"
import { pipelineDag } from "./pipeline-dag.ts"
import { criticalShares, type PipelineNotes, type PipelineReport, type PipelineStep } from "./pipeline-report.ts"
import { branchText, countText, instant, sizeText, waitsText } from "./pipeline-table.ts"
import { scroll, section } from "./section.ts"

export interface PipelinePageOptions {
  /** What was read: names of files. */
  readonly title: string
  readonly notes: PipelineNotes
}

/** Critical paths of the table. */
const PATHS = 12

/** A pipeline that was rebuilt from logs as one HTML file. It loads nothing and runs nothing. */
export function pipelinePage(report: PipelineReport, { title, notes }: PipelinePageOptions): string {
  const { window } = report
  const span =
    window.fromMs === null || window.toMs === null ? "" : ` · ${instant(window.fromMs)} to ${instant(window.toMs)}`
  const about = `${count(window.runs, "run")}, ${count(window.invocations, "invocation")}${span}`
  const body = h(
    "main",
    {},
    h("header", {}, h("h1", {}, title), h("p", { class: "about" }, about)),
    cards(report),
    section(
      "The pipeline",
      "Rebuilt from the logs alone. The heavy line is the most frequent critical path; shares on edges say how often a run takes them. Dashed edges were never seen to be waited for, dotted ones are calls; dashed steps are not in every run.",
      scroll("Steps as a graph", pipelineDag(report, { id: "pipeline" })),
    ),
    section("The steps", "Times are from the first request of a step to its last end in a run.", stepsTable(report)),
    report.branches.length === 0
      ? null
      : section(
          "Choices",
          "Steps of which a run takes one, never two; none: the run goes on without any of them.",
          h("ul", {}, ...report.branches.map((branch) => h("li", {}, branchText(branch)))),
        ),
    section("Critical paths", "The chain of steps that made a run as long as it was.", pathsTable(report)),
    notes.length === 0
      ? null
      : section(
          "How the logs were read",
          "What was left out, and what was put right.",
          h("ul", {}, ...notes.map((note) => h("li", {}, note))),
        ),
    h("footer", {}, h("p", {}, "Made by Trimtab from logs; nothing was invoked.")),
  )
  return htmlPage({ title, body })
}

function cards({ latencyMs, costUsd, window, criticalPaths, steps }: PipelineReport): VNode {
  const short = window.runs - window.completeRuns
  const path = criticalPaths[0]
  return h(
    "div",
    { class: "cards" },
    card("Latency", shortMs(latencyMs.p50), `median; p95 ${shortMs(latencyMs.p95)}, p99 ${shortMs(latencyMs.p99)}`),
    costUsd === null
      ? card("Cost of a run", "-", "no price is known")
      : card(
          "Cost of a run",
          shortUsd(costUsd.mean),
          `mean; p95 ${shortUsd(costUsd.p95)}; ${shortUsd(1000 * costUsd.mean)} per 1,000 runs`,
        ),
    card(
      "Runs",
      window.runs.toLocaleString("en-US"),
      short === 0 ? "no record is missing" : `a record is missing of ${short.toLocaleString("en-US")}`,
    ),
    card(
      "Critical path",
      path === undefined ? "-" : formatShare(path.probability),
      path === undefined ? "" : `of the runs: ${path.path.join(" > ")}`,
    ),
    card(
      "Steps",
      String(steps.length),
      `${count(steps.filter((step) => step.probability < 0.985).length, "step")} not in every run`,
    ),
  )
}

function stepsTable(report: PipelineReport): VNode {
  const critical = criticalShares(report)
  return htmlTable<PipelineStep>({
    label: "Steps",
    rows: report.steps,
    columns: [
      {
        header: "Step",
        cell: ({ name, functionName }) => (name === functionName ? name : twoLines(name, functionName)),
      },
      { header: "Waits for", cell: ({ name }) => waitsText(report, name) },
      { header: "Memory", cell: sizeText, align: "right" },
      { header: "In runs", cell: ({ probability }) => formatShare(probability), align: "right" },
      { header: "Count", cell: countText, align: "right" },
      { header: "p50", cell: ({ stepMs }) => shortMs(stepMs.p50), align: "right" },
      { header: "p95", cell: ({ stepMs }) => shortMs(stepMs.p95), align: "right" },
      { header: "p99", cell: ({ stepMs }) => shortMs(stepMs.p99), align: "right" },
      { header: "Cost", cell: ({ costUsd }) => (costUsd === null ? "-" : shortUsd(costUsd.mean)), align: "right" },
      { header: "Cold", cell: ({ coldShare }) => formatShare(coldShare), align: "right" },
      { header: "Failed", cell: ({ failedShare }) => formatShare(failedShare), align: "right" },
      { header: "Critical", cell: ({ name }) => formatShare(critical.get(name) ?? 0), align: "right" },
    ],
  })
}

function pathsTable({ criticalPaths }: PipelineReport): VNode {
  return htmlTable<PipelineReport["criticalPaths"][number]>({
    label: "Critical paths",
    rows: criticalPaths.slice(0, PATHS),
    columns: [
      { header: "Path", cell: ({ path }) => path.join(" > ") },
      { header: "Share of the runs", cell: ({ probability }) => formatShare(probability), align: "right" },
    ],
  })
}
