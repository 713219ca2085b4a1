import { formatMs } from "../base/format.ts"
import type { RunResult } from "../workflow/run-result.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { formatPercentile } from "./numbers.ts"
import { isOvertaken, PHASES, PHASE_NAMES, succeeded } from "./phases.ts"
import { label, round } from "./svg.ts"
import { textWidth } from "./text-width.ts"
import { paintOf } from "./theme.ts"

interface Entry {
  readonly text: string
  readonly mark: (x: number) => VNode
}

const MARK_WIDTH = 14
const MIDDLE = 11

/** One line that explains every mark of the time line, and only those that it has. */
export function ganttLegend(result: RunResult): VNode {
  let x = 8
  const items = entriesOf(result).flatMap(({ text, mark }) => {
    const at = x
    x += MARK_WIDTH + 6 + textWidth(text, 11) + 14
    return [mark(at), label(at + MARK_WIDTH + 5, MIDDLE + 4, text)]
  })
  return h("g", { class: "small muted", "aria-hidden": true }, ...items)
}

function entriesOf(result: RunResult): readonly Entry[] {
  const invocations = result.steps.flatMap((step) => step.invocations)
  const overtaken = invocations.some(isOvertaken)
  const failed = invocations.some((invocation) => !succeeded(invocation) && !isOvertaken(invocation))
  const percentile = formatPercentile(result.goal.percentile)
  return [
    ...PHASES.map((phase): Entry => ({ text: PHASE_NAMES[phase], mark: (x) => swatch(x, phase) })),
    { text: `predicted, whisker to ${percentile}`, mark: predictedMark },
    { text: "latest finish", mark: finishMark },
    ...(failed ? [{ text: "failed attempt", mark: frameMark("bad") }] : []),
    ...(overtaken ? [{ text: "overtaken", mark: frameMark("warn") }] : []),
    ...(result.sloMs === null ? [] : [{ text: `SLO ${formatMs(result.sloMs)}`, mark: sloMark }]),
  ]
}

function swatch(x: number, colour: string): VNode {
  return h("rect", { x: round(x), y: MIDDLE - 6, width: MARK_WIDTH, height: 12, rx: 2, fill: paintOf(colour) })
}

function predictedMark(x: number): VNode {
  const stroke = paintOf("predicted-line")
  return h(
    "g",
    { stroke, fill: "none" },
    h("rect", {
      x: round(x),
      y: MIDDLE - 6,
      width: 9,
      height: 12,
      rx: 2,
      fill: paintOf("predicted"),
      "stroke-dasharray": "3 2",
    }),
    h("path", { d: `M${round(x + 9)} ${MIDDLE}h5m0 -4v8` }),
  )
}

function finishMark(x: number): VNode {
  return h("path", { d: `M${round(x + 3)} ${MIDDLE}l7 -5v10z`, fill: paintOf("text") })
}

function frameMark(tone: "bad" | "warn"): (x: number) => VNode {
  return (x) =>
    h(
      "g",
      { fill: "none", stroke: paintOf(tone), "stroke-width": 1.5 },
      h("rect", { x: round(x + 1), y: MIDDLE - 5, width: 12, height: 10 }),
    )
}

function sloMark(x: number): VNode {
  const d = `M${round(x + 7)} ${MIDDLE - 7}v14`
  return h("path", { d, stroke: paintOf("bad"), "stroke-width": 1.5, "stroke-dasharray": "5 3" })
}
