import { formatMs } from "../base/format.ts"
import { type ChartAxis, type ChartMark, type ChartSeries, curveChart } from "./curve.ts"
import { h, type VNode } from "./h.ts"
import { formatPercentile, shortMs, shortUsd, usdFormatter } from "./numbers.ts"
import { type PlanFrontier, widestGap } from "./plan-frontier.ts"
import { figure, label } from "./svg.ts"
import { paintOf } from "./theme.ts"

const SIZE = { width: 760, height: 430 }
const HEAD = 58
const MARGIN = 16

/** A single run costs too little to be read. */
const RUNS = 1000

/** A bound nearer to the frontier than this cannot be told from it in a figure. */
const VISIBLE_GAP = 0.01

/**
 * What speed costs: the cheapest plan at every latency, the goal as a line, the chosen plan as a point, and the proven
 * bound where it is far enough below to be seen.
 */
export function frontierFigure(frontier: PlanFrontier): VNode {
  const width = SIZE.width + 2 * MARGIN
  const height = HEAD + SIZE.height + MARGIN
  return figure(
    {
      id: "plan-frontier",
      title: `Latency and cost of ${frontier.workflow}`,
      description: summary(frontier),
      width,
      height,
    },
    h("rect", { x: 0, y: 0, width, height, fill: paintOf("surface") }),
    label(MARGIN + 8, 28, `${frontier.workflow}: what speed costs`, { class: "strong" }),
    label(MARGIN + 8, 46, subtitle(frontier), { class: "muted small" }),
    h("g", { transform: `translate(${MARGIN} ${HEAD})` }, chart(frontier)),
  )
}

function chart(frontier: PlanFrontier): VNode {
  const { chosen } = frontier
  return curveChart({
    id: "plan-frontier-chart",
    title: "Cost over latency",
    description: summary(frontier),
    ...SIZE,
    x: latencyAxis(frontier),
    y: costAxis(frontier),
    series: [
      {
        name: "cheapest plan",
        look: "steps",
        points: frontier.points.map(({ latencyMs, costUsd }) => ({ x: latencyMs, y: RUNS * costUsd })),
      },
      ...boundSeries(frontier),
      {
        name: `chosen by ${chosen.planner}: ${shortMs(chosen.latencyMs)}, ${shortUsd(RUNS * chosen.costUsd)}`,
        look: "points",
        colour: "series-2",
        points: [{ x: chosen.latencyMs, y: RUNS * chosen.costUsd, note: chosenNote(frontier) }],
      },
    ],
    marks: [goalMark(frontier)],
  })
}

function boundSeries({ points }: PlanFrontier): readonly ChartSeries[] {
  const gap = widestGap(points)
  if (gap === null || gap < VISIBLE_GAP) return []
  const proven = points.filter(({ lowerBoundUsd }) => lowerBoundUsd !== null)
  return [
    {
      name: "no plan costs less",
      colour: "series-5",
      points: proven.map(({ latencyMs, lowerBoundUsd }) => ({ x: latencyMs, y: RUNS * lowerBoundUsd! })),
    },
  ]
}

function goalMark({ goal }: PlanFrontier): ChartMark {
  return goal.kind === "cost"
    ? { axis: "x", at: goal.sloMs, label: `SLO ${formatMs(goal.sloMs)}` }
    : { axis: "y", at: RUNS * goal.budgetUsd, label: `budget ${shortUsd(RUNS * goal.budgetUsd)}` }
}

/** Latencies over more than a factor of three are read on a logarithmic axis: a saving is a share of the time. */
function latencyAxis({ points, goal, chosen }: PlanFrontier): ChartAxis {
  const all = [...points.map(({ latencyMs }) => latencyMs), chosen.latencyMs]
  if (goal.kind === "cost") all.push(goal.sloMs)
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const scale =
    most > 3 * least
      ? { scale: "log" as const, ticks: roundValues(least, most) }
      : { from: Math.max(0, least - 0.08 * (most - least)) }
  return { label: `${formatPercentile(goal.percentile)} latency of the workflow`, format: shortMs, ...scale }
}

/** Round latencies inside a range, a few a decade. */
function roundValues(least: number, most: number): readonly number[] {
  const digits = most > 100 * least ? [1, 3] : [1, 1.5, 2, 3, 4, 5, 6, 8]
  const first = Math.floor(Math.log10(least))
  const decades = Array.from({ length: Math.ceil(Math.log10(most)) - first + 1 }, (_, i) => first + i)
  return decades
    .flatMap((decade) => digits.map((digit) => digit * 10 ** decade))
    .filter((value) => value >= least && value <= most)
}

/** From 0 where the cheapest plan is far cheaper than the dearest; else a little below it, so that all room is used. */
function costAxis({ points, goal, chosen }: PlanFrontier): ChartAxis {
  const all = [...points.flatMap(({ costUsd, lowerBoundUsd }) => [costUsd, lowerBoundUsd ?? costUsd]), chosen.costUsd]
  if (goal.kind === "latency") all.push(goal.budgetUsd)
  const [least, most] = [RUNS * Math.min(...all), RUNS * Math.max(...all)]
  const range = most - least
  return {
    label: `cost of ${RUNS.toLocaleString("en-US")} runs`,
    // Two digits of a step between values.
    format: usdFormatter([2 * range || most]),
    ...(least > 0.3 * most ? { from: Math.max(0, least - 0.15 * range) } : {}),
  }
}

function subtitle({ points }: PlanFrontier): string {
  const [first, last] = [points[0]!, points.at(-1)!]
  const gap = widestGap(points)
  const proof = gap === null ? "" : `; at most ${(100 * gap).toFixed(2)} % above what is proven`
  return `from ${shortMs(first.latencyMs)} at ${shortUsd(RUNS * first.costUsd)} per 1,000 runs to ${shortMs(last.latencyMs)} at ${shortUsd(RUNS * last.costUsd)}${proof}`
}

function summary(frontier: PlanFrontier): string {
  return `The cheapest plan at every latency: ${subtitle(frontier)}. ${chosenNote(frontier)}.`
}

function chosenNote({ chosen }: PlanFrontier): string {
  return `The plan chosen by ${chosen.planner} takes ${formatMs(chosen.latencyMs)} and costs ${shortUsd(RUNS * chosen.costUsd)} per 1,000 runs`
}
