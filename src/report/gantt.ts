import { scaleLinear } from "d3-scale"
import { formatMs } from "../base/format.ts"
import type { RunResult } from "../workflow/run-result.ts"
import { ganttLanes } from "./gantt-layout.ts"
import type { Lane } from "./gantt-layout.ts"
import { latestFinish, prediction, sloLine } from "./gantt-marks.ts"
import type { Frame } from "./gantt-marks.ts"
import { ganttLegend } from "./gantt-legend.ts"
import { invocationBar } from "./gantt-bar.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { count, formatDeviation, prettyConfig, shortMs } from "./numbers.ts"
import { figure, label, round } from "./svg.ts"
import { fitText, textWidth } from "./text-width.ts"
import { paintOf } from "./theme.ts"
import { timeTicks } from "./time-axis.ts"

export interface GanttOptions {
  /** Unique in the page. */
  readonly id: string
  readonly width?: number
  /** Right end of the time axis, so that two charts can share one. Default: what the run needs. */
  readonly endMs?: number
  /** Leave it out where another chart of the page has it. Default `shown`. */
  readonly legend?: "shown" | "hidden"
}

const LABEL_WIDTHS = { least: 150, most: 250 }
/** Bold 13 px text, which is what names of steps are set in. */
const NAME_PX = 14
const VALUE_WIDTH = 138
const AXIS_HEIGHT = 26
const LEGEND_HEIGHT = 30

/**
 * The run over time: a lane for each step, a row for each instance with the phases of its invocations, the
 * prediction behind them, the latest finish of each step and the SLO.
 */
export function gantt(result: RunResult, options: GanttOptions): VNode {
  const width = options.width ?? 1080
  const lanes = ganttLanes(result)
  const legendHeight = options.legend === "hidden" ? 0 : LEGEND_HEIGHT
  const top = legendHeight + AXIS_HEIGHT
  const last = lanes.at(-1)
  const bottom = top + (last === undefined ? 0 : last.y + last.height)
  const left = labelWidth(result)
  const right = width - VALUE_WIDTH
  const endMs = options.endMs ?? ganttEndMs(result)
  const scale = scaleLinear().domain([0, endMs]).range([left, right])
  const frame: Frame = { x: (ms) => round(scale(ms)), left, right, top, bottom, endMs }
  return figure(
    {
      id: options.id,
      title: `Time line of run ${result.runId}`,
      description: describe(result),
      width,
      height: bottom + 8,
    },
    legendHeight > 0 ? ganttLegend(result) : null,
    axis(frame),
    ...lanes.map((lane, i) => laneGroup(lane, frame, { shaded: i % 2 === 0 })),
    sloLine(result, frame),
  )
}

/** How far the time axis of a run reaches: to its end, and to its SLO unless that is far away. */
export function ganttEndMs(result: RunResult): number {
  const ends = result.steps.map((step) => step.startedAtMs + Math.max(step.predictedMs, step.predicted.percentileMs))
  const end = Math.max(1, result.latencyMs, ...result.steps.map((step) => step.endedAtMs), ...ends)
  const slo = result.sloMs ?? 0
  return 1.02 * (slo > end && slo < 1.6 * end ? slo : end)
}

/** Room for the names of steps: as much as the longest needs, within limits. */
function labelWidth(result: RunResult): number {
  const longest = Math.max(0, ...result.steps.map((step) => textWidth(step.name, NAME_PX)))
  return Math.round(Math.min(LABEL_WIDTHS.most, Math.max(LABEL_WIDTHS.least, longest + 24)))
}

function describe(result: RunResult): string {
  const slo = result.sloMs === null ? "" : ` against an SLO of ${formatMs(result.sloMs)}`
  const steps = result.steps.map((step) => `${step.name} ${formatMs(step.startedAtMs)} to ${formatMs(step.endedAtMs)}`)
  return `${formatMs(result.latencyMs)}${slo}. ${steps.join("; ")}.`
}

function axis(frame: Frame): VNode {
  const ticks = timeTicks(frame.endMs, 8)
  return h(
    "g",
    { class: "muted small num" },
    label(frame.right + VALUE_WIDTH - 8, frame.top - 9, "measured, predicted", { "text-anchor": "end" }),
    ...ticks.flatMap(({ atMs, text }) => [
      h("line", {
        x1: frame.x(atMs),
        x2: frame.x(atMs),
        y1: frame.top - 4,
        y2: round(frame.bottom),
        stroke: paintOf("grid"),
      }),
      label(frame.x(atMs), frame.top - 9, text, { "text-anchor": "middle" }),
    ]),
  )
}

function laneGroup(lane: Lane, frame: Frame, look: { readonly shaded: boolean }): VNode {
  const { step } = lane
  const y = frame.top + lane.y
  return h(
    "g",
    { class: "lane", "data-step": step.name },
    look.shaded ? laneShade(y, lane.height, frame) : null,
    ...laneLabels(lane, y, frame),
    ...prediction(lane, y, frame),
    ...lane.rows.flatMap((row) =>
      row.invocations.map((invocation) =>
        invocationBar(invocation, { y: frame.top + row.y, height: lane.rowHeight, x: frame.x, step: step.name }),
      ),
    ),
    latestFinish(lane, y, frame),
    ...laneValues(lane, y, frame),
  )
}

function laneShade(y: number, height: number, frame: Frame): VNode {
  const width = frame.right + VALUE_WIDTH
  return h("rect", { x: 0, y: round(y), width, height, rx: 4, fill: paintOf("sunken"), "fill-opacity": 0.55 })
}

function laneLabels(lane: Lane, y: number, frame: Frame): readonly VNode[] {
  const { step } = lane
  const middle = y + lane.height / 2
  const room = frame.left - 20
  const hidden = lane.hidden > 0 ? [`${count(lane.hidden, "instance")} not drawn`] : []
  return [
    h("title", {}, [`${step.name}: ${step.reason}`, ...hidden].join("; ")),
    label(8, middle - 3, fitText(step.name, room, NAME_PX), { class: "strong", "font-size": 13 }),
    label(8, middle + 13, fitText(prettyConfig(step.config), room, 11), {
      class: "muted small",
    }),
    ...hidden.map((text) => label(8, middle + 28, fitText(text, room, 11), { class: "muted small" })),
  ]
}

function laneValues(lane: Lane, y: number, frame: Frame): readonly VNode[] {
  const { step } = lane
  const x = frame.right + VALUE_WIDTH - 8
  const middle = y + lane.height / 2
  const end = { "text-anchor": "end" }
  if (step.invocations.length === 0) return [label(x, middle + 4, step.status, { class: "muted small", ...end })]
  return [
    label(x, middle - 3, shortMs(step.measuredMs), { class: "strong num", ...end }),
    label(
      x,
      middle + 13,
      `${shortMs(step.predictedMs)}  ${formatDeviation(step.measuredMs, step.predictedMs) || "-"}`,
      { class: "muted small num", ...end },
    ),
  ]
}
