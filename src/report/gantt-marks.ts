import { formatMs } from "../base/format.ts"
import type { RunResult } from "../workflow/run-result.ts"
import type { Lane } from "./gantt-layout.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { round } from "./svg.ts"
import { paintOf } from "./theme.ts"

/** Where things are, px. */
export interface Frame {
  readonly x: (ms: number) => number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Right end of the time axis. */
  readonly endMs: number
}

/** The predicted median as a bar behind the lane, and the goal's percentile as a whisker. */
export function prediction(lane: Lane, y: number, frame: Frame): readonly VNode[] {
  const { step } = lane
  if (step.invocations.length === 0 || step.predictedMs <= 0) return []
  const from = frame.x(step.startedAtMs)
  const to = frame.x(Math.min(frame.endMs, step.startedAtMs + step.predictedMs))
  const whisker = frame.x(Math.min(frame.endMs, step.startedAtMs + step.predicted.percentileMs))
  const middle = round(y + lane.height / 2)
  const stroke = paintOf("predicted-line")
  return [
    h("rect", {
      x: from,
      y: round(y + 3),
      width: round(Math.max(1, to - from)),
      height: round(lane.height - 6),
      rx: 3,
      fill: paintOf("predicted"),
      stroke,
      "stroke-dasharray": "3 2",
    }),
    h("path", { d: `M${to} ${middle}H${whisker}M${whisker} ${middle - 5}V${middle + 5}`, stroke, fill: "none" }),
  ]
}

/** The instant at which the step had to end for the goal to be kept. */
export function latestFinish(lane: Lane, y: number, frame: Frame): VNode | null {
  const { step } = lane
  if (step.invocations.length === 0 || step.latestFinishMs <= 0 || step.latestFinishMs > frame.endMs) return null
  const x = frame.x(step.latestFinishMs)
  const tip = round(y + lane.height / 2)
  return h(
    "path",
    {
      d: `M${x} ${round(y + 3)}V${round(y + lane.height - 3)}M${x} ${tip}l6 -5v10z`,
      fill: paintOf("text"),
      stroke: paintOf("text"),
    },
    h("title", {}, `${step.name} may end at ${formatMs(step.latestFinishMs)} at the latest`),
  )
}

/** The SLO across all lanes, when it lies on the chart. */
export function sloLine(result: RunResult, frame: Frame): VNode | null {
  if (result.sloMs === null || result.sloMs > frame.endMs) return null
  const x = frame.x(result.sloMs)
  return h(
    "g",
    {},
    h("line", {
      x1: x,
      x2: x,
      y1: frame.top - 6,
      y2: round(frame.bottom),
      stroke: paintOf("bad"),
      "stroke-width": 1.5,
      "stroke-dasharray": "5 3",
    }),
    h("title", {}, `SLO: ${formatMs(result.sloMs)}`),
  )
}
