import { formatMs, formatUsd } from "../base/format.ts"
import type { ArenaReport, ArenaStrategy } from "./arena-report.ts"
import { arenaAbout, attainmentCell, costOverCell } from "./arena-table.ts"
import { type ChartMark, type ChartSeries, curveChart } from "./curve.ts"
import { h, type VNode } from "./h.ts"
import { htmlTable } from "./html-table.ts"
import { formatPercentile, formatShare, shortMs, shortUsd } from "./numbers.ts"
import { htmlPage } from "./page.ts"
import { scroll, section } from "./section.ts"

/** A single run costs too little to be read. */
const RUNS = 1000

/** A comparison of strategies as one HTML file. It loads nothing and runs nothing. */
export function arenaPage(report: ArenaReport): string {
  const playing = report.strategies.filter(({ out }) => out === null)
  const body = h(
    "main",
    {},
    h(
      "header",
      {},
      h("h1", {}, `${report.workflow}: strategies compared`),
      h("p", { class: "about" }, arenaAbout(report)),
    ),
    section(
      "Leaderboard",
      "Strategies that attain the goal by what they cost, then the others by how often they attain it. All played the same runs: differences in cost are told run by run, with their interval at 95 %.",
      h("div", {}, leaderboardTable(report), ...outNotes(report)),
    ),
    section(
      "What the goal costs",
      "Each point is a strategy: how often it attains the goal, over what its runs cost. Above the line and far to the left is best.",
      scroll("Attainment over cost", attainmentChart(report, playing)),
    ),
    section(
      "Cost against latency",
      "Mean cost over the latency at p95.",
      scroll("Cost over latency", latencyChart(report, playing)),
    ),
    section(
      "Cold starts",
      "Share of invocations that started an instance, over what the runs cost.",
      scroll("Cold starts over cost", coldChart(playing)),
    ),
    h(
      "footer",
      {},
      h(
        "p",
        {},
        `Simulated: the engine as it is, on a platform in virtual time; parameters of ${report.parametersDate}. Made by Trimtab.`,
      ),
    ),
  )
  return htmlPage({ title: `${report.workflow}: strategies compared`, body })
}

function leaderboardTable({ strategies, first }: ArenaReport): VNode {
  return htmlTable<ArenaStrategy>({
    label: "Strategies, the best first",
    rows: strategies.filter(({ out }) => out === null),
    columns: [
      { header: "Strategy", cell: (row) => row.name },
      { header: "Kind", cell: (row) => row.kind },
      { header: "Attained", align: "right", cell: attainmentCell },
      { header: "Median", align: "right", cell: (row) => shortMs(row.latencyMs.p50) },
      { header: "p95", align: "right", cell: (row) => shortMs(row.latencyMs.p95) },
      { header: "Cost of a run", align: "right", cell: (row) => shortUsd(row.costUsd.mean) },
      { header: `Against ${first ?? "the first"}`, align: "right", cell: costOverCell },
      { header: "Cold", align: "right", cell: (row) => formatShare(row.coldShare) },
      { header: "Waiting", align: "right", cell: (row) => shortMs(row.queueMs) },
    ],
  })
}

function outNotes({ strategies }: ArenaReport): readonly VNode[] {
  return strategies.flatMap(({ name, out }) => (out === null ? [] : [h("p", {}, `${name} did not play: ${out}`)]))
}

/** A series for each strategy, so that the legend names the points. */
function pointsOf(
  rows: readonly ArenaStrategy[],
  at: (row: ArenaStrategy) => { readonly x: number; readonly y: number; readonly low?: number; readonly high?: number },
): readonly ChartSeries[] {
  return rows.map((row) => ({ name: row.name, look: "points", points: [{ ...at(row), note: row.name }] }))
}

const COST_AXIS = { label: `mean cost of ${RUNS.toLocaleString("en-US")} runs`, format: shortUsd } as const

function attainmentChart({ goal }: ArenaReport, rows: readonly ArenaStrategy[]): VNode {
  const wanted: ChartMark = {
    axis: "y",
    at: 100 * goal.percentile,
    label: `${formatPercentile(goal.percentile)} wanted`,
    tone: "muted",
  }
  const least = Math.min(...rows.map(({ attainment }) => attainment.low))
  return curveChart({
    id: "attainment",
    title: "Attainment over cost",
    description: rows.map((row) => `${row.name} ${attainmentCell(row)}`).join("; "),
    x: COST_AXIS,
    y: { label: "runs within the goal, %", to: 100, from: least > 0.5 ? Math.floor(100 * least) : 0 },
    width: 1060,
    height: 380,
    series: pointsOf(rows, ({ costUsd, attainment: { share, low, high } }) => ({
      x: RUNS * costUsd.mean,
      y: 100 * share,
      low: 100 * low,
      high: 100 * high,
    })),
    marks: [wanted],
  })
}

function latencyChart({ goal }: ArenaReport, rows: readonly ArenaStrategy[]): VNode {
  const limit: ChartMark =
    goal.kind === "cost"
      ? { axis: "x", at: goal.sloMs, label: `SLO ${formatMs(goal.sloMs)}` }
      : { axis: "y", at: RUNS * goal.budgetUsd, label: `budget ${formatUsd(goal.budgetUsd)}` }
  return curveChart({
    id: "latency",
    title: "Cost over latency",
    description: rows.map((row) => `${row.name} ${shortMs(row.latencyMs.p95)}`).join("; "),
    x: { label: "latency at p95", format: shortMs },
    y: { ...COST_AXIS, from: 0 },
    width: 1060,
    height: 380,
    series: pointsOf(rows, ({ costUsd, latencyMs }) => ({ x: latencyMs.p95, y: RUNS * costUsd.mean })),
    marks: [limit],
  })
}

function coldChart(rows: readonly ArenaStrategy[]): VNode {
  return curveChart({
    id: "cold",
    title: "Cold starts over cost",
    description: rows.map((row) => `${row.name} ${formatShare(row.coldShare)}`).join("; "),
    x: COST_AXIS,
    y: { label: "cold invocations, %", from: 0 },
    width: 1060,
    height: 300,
    series: pointsOf(rows, ({ costUsd, coldShare }) => ({ x: RUNS * costUsd.mean, y: 100 * coldShare })),
  })
}
