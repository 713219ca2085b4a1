import { formatMs, formatUsd } from "../base/format.ts"
import { card } from "./card.ts"
import { curveChart, type ChartMark, type ChartPoint } from "./curve.ts"
import { gantt } from "./gantt.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { htmlTable } from "./html-table.ts"
import { count, formatPercentile, formatShare, shortMs, shortUsd } from "./numbers.ts"
import { htmlPage } from "./page.ts"
import { scroll, section } from "./section.ts"
import type { SimulatedStep, SimulationFigures, SimulationReport } from "./simulation-report.ts"
import { attainmentText, eventsText, prewarmedText } from "./simulation-table.ts"

/**
 * A simulation as one HTML file: how often the goal was met, how latency and cost spread, how the runs went over time,
 * each step, and one run as a time line. It loads nothing and runs nothing.
 */
export function simulationPage(report: SimulationReport, figures: SimulationFigures): string {
  const body = h(
    "main",
    {},
    header(report),
    cards(report),
    section(
      "How long the runs took",
      "Share of the runs that ended within a time. The curve left of the limit is what the goal asks about.",
      scroll("Latency distribution", latencyChart(report, figures)),
    ),
    section(
      "What the runs cost",
      "Share of the runs that cost at most so much, before tax and discounts.",
      scroll("Cost distribution", costChart(report, figures)),
    ),
    section(
      "The runs over time",
      "Each point is a run at the instant of its arrival: bursts, drift, faults and cold starts show here.",
      scroll("Latency over time", timeChart(report, figures)),
    ),
    section(
      "The steps",
      "Over the runs that were kept whole: time measured and predicted, cost, cold starts.",
      stepsTable(report),
    ),
    figures.run === null
      ? null
      : section(
          `One run: ${figures.run.chosen}`,
          "Each lane is a step and each row an instance. Behind them the time that was predicted when the step was decided.",
          scroll("Time line", gantt(figures.run.result, { id: "gantt" })),
        ),
    h(
      "footer",
      {},
      h("p", {}, `Simulated: the engine as it is, on a platform in virtual time. ${eventsText(report)}.`),
      h("p", {}, `${upperFirst(prewarmedText(report))}.`),
      h(
        "p",
        {},
        `Platform: ${report.platform}; parameters of ${report.parametersDate}, seed ${report.seed}. Made by Trimtab.`,
      ),
    ),
  )
  return htmlPage({ title: `${report.workflow} simulated`, body })
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function header(report: SimulationReport): VNode {
  const about = `${count(report.runs, "run")} ${report.platform} · policy ${report.policy} · ${report.load}`
  return h("header", {}, h("h1", {}, `${report.workflow}, simulated`), h("p", { class: "about" }, about))
}

function cards(report: SimulationReport): VNode {
  const { attainment, latencyMs, costUsd, queueMs, coldStarts, invocations } = report
  const tone = attainment.high < attainment.wanted ? "bad" : attainment.low >= attainment.wanted ? "good" : "warn"
  const { percentile } = report.goal
  const level = percentile >= 0.97 ? "p99" : percentile >= 0.925 ? "p95" : "p90"
  return h(
    "div",
    { class: "cards" },
    card("Goal attained", `${(100 * attainment.share).toFixed(1)} %`, attainmentText(report), tone),
    card(
      `Latency at ${level}`,
      shortMs(latencyMs[level]),
      `median ${shortMs(latencyMs.p50)}, most ${shortMs(latencyMs.max)}`,
    ),
    card(
      "Cost of a run",
      shortUsd(costUsd.mean),
      `${formatUsd(report.totalUsd)} in all; ${shortUsd(costUsd.p95)} at p95`,
    ),
    card(
      "Cold starts",
      formatShare(coldStarts / Math.max(1, invocations)),
      `${count(coldStarts, "instance")} of ${count(invocations, "invocation")}; waiting ${shortMs(queueMs.mean)} a run`,
    ),
  )
}

/** Points of a distribution's curve: enough to look smooth. */
const CURVE_POINTS = 240

/** The empirical distribution, thinned to points evenly spread over the runs, its ends included. */
export function distributionPoints(values: readonly number[]): readonly ChartPoint[] {
  const sorted = values.toSorted((a, b) => a - b)
  const last = sorted.length - 1
  const wanted = Math.min(CURVE_POINTS, sorted.length)
  const places = new Set(Array.from({ length: wanted }, (_, i) => Math.round((i * last) / Math.max(1, wanted - 1))))
  return [...places].map((place) => ({ x: sorted[place]!, y: (100 * (place + 1)) / sorted.length }))
}

const SHARE_AXIS = { label: "share of runs, %", from: 0, to: 100 } as const

function latencyChart(report: SimulationReport, { latencyMs }: SimulationFigures): VNode {
  const { goal } = report
  const limit: ChartMark[] =
    goal.kind === "cost" ? [{ axis: "x", at: goal.sloMs / 1000, label: `SLO ${formatMs(goal.sloMs)}` }] : []
  const points = distributionPoints(latencyMs).map(({ x, y }) => ({ x: x / 1000, y }))
  return curveChart({
    id: "latency",
    title: "Distribution of latency",
    description: `median ${formatMs(report.latencyMs.p50)}, p95 ${formatMs(report.latencyMs.p95)}, p99 ${formatMs(report.latencyMs.p99)}`,
    x: { label: "latency, s", from: axisStart(points, limit) },
    y: SHARE_AXIS,
    width: 1060,
    height: 300,
    series: [{ name: "runs", points, look: "steps" }],
    marks: [...limit, levelMark(goal.percentile)],
  })
}

function levelMark(percentile: number): ChartMark {
  return { axis: "y", at: 100 * percentile, label: `${formatPercentile(percentile)} wanted`, tone: "muted" }
}

/** Where an axis of positive values begins: at zero only when that is near, or all of the curve would be at its end. */
function axisStart(points: readonly ChartPoint[], marks: readonly ChartMark[]): number {
  const values = [...points.map(({ x }) => x), ...marks.map(({ at }) => at)]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least < 0.4 * most ? 0 : least - 0.1 * (most - least)
}

function costChart(report: SimulationReport, { costUsd }: SimulationFigures): VNode {
  const { goal } = report
  const points = distributionPoints(costUsd).map(({ x, y }) => ({ x: 1000 * x, y }))
  const limit: ChartMark[] =
    goal.kind === "latency"
      ? [{ axis: "x", at: 1000 * goal.budgetUsd, label: `budget ${formatUsd(goal.budgetUsd)}` }]
      : []
  return curveChart({
    id: "cost",
    title: "Distribution of cost",
    description: `mean ${formatUsd(report.costUsd.mean)} a run`,
    x: { label: "cost per 1,000 runs, $", from: axisStart(points, limit) },
    y: SHARE_AXIS,
    width: 1060,
    height: 260,
    series: [{ name: "runs", points, look: "steps" }],
    marks: limit,
  })
}

/** Points of the chart over time: more would only lie on each other. */
const TIME_POINTS = 1_500

function timeChart(report: SimulationReport, { arrivedAtMs, latencyMs }: SimulationFigures): VNode {
  const { goal } = report
  const every = Math.max(1, Math.ceil(arrivedAtMs.length / TIME_POINTS))
  const points = arrivedAtMs.flatMap((atMs, i) =>
    i % every === 0 ? [{ x: atMs / 60_000, y: latencyMs[i]! / 1000 }] : [],
  )
  return curveChart({
    id: "time",
    title: "Latency of the runs over time",
    description: `${points.length} of ${count(report.runs, "run")}`,
    x: { label: "arrival, minutes since the start" },
    y: { label: "latency, s", from: 0 },
    width: 1060,
    height: 280,
    series: [{ name: "runs", points, look: "points" }],
    marks: goal.kind === "cost" ? [{ axis: "y", at: goal.sloMs / 1000, label: `SLO ${formatMs(goal.sloMs)}` }] : [],
  })
}

function stepsTable({ steps }: SimulationReport): VNode {
  return htmlTable<SimulatedStep>({
    label: "Steps of the simulated runs",
    rows: steps,
    columns: [
      { header: "Step", cell: (step) => step.name },
      { header: "Median", align: "right", cell: (step) => shortMs(step.measuredMs.p50) },
      { header: "p95", align: "right", cell: (step) => shortMs(step.measuredMs.p95) },
      { header: "p99", align: "right", cell: (step) => shortMs(step.measuredMs.p99) },
      { header: "Predicted", align: "right", cell: (step) => shortMs(step.predictedMs) },
      { header: "Cost", align: "right", cell: (step) => shortUsd(step.costUsd) },
      { header: "Cold", align: "right", cell: (step) => formatShare(step.coldShare) },
      { header: "Mostly", cell: (step) => `${step.config} (${formatShare(step.configShare)})` },
    ],
  })
}
