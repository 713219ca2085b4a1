import { formatMs } from "../base/format.ts"
import type { InvocationResult } from "../workflow/run-result.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { isOvertaken, PHASE_NAMES, segmentsOf, succeeded } from "./phases.ts"
import { round } from "./svg.ts"
import { paintOf } from "./theme.ts"

export interface BarPlace {
  readonly y: number
  readonly height: number
  readonly x: (ms: number) => number
  readonly step: string
}

/** One invocation: its phases side by side, framed when it failed or another one came first, with its figures as a tooltip. */
export function invocationBar(invocation: InvocationResult, place: BarPlace): VNode {
  const gap = place.height > 6 ? 1.5 : place.height > 3 ? 0.5 : 0.15
  const y = round(place.y + gap)
  const height = round(place.height - 2 * gap)
  const segments = segmentsOf(invocation)
  return h(
    "g",
    { class: "invocation" },
    h("title", {}, tooltip(invocation, place.step)),
    ...segments.map(({ phase, fromMs, toMs }) => {
      const x = place.x(fromMs)
      return h("rect", { x, y, width: round(place.x(toMs) - x), height, fill: paintOf(phase) })
    }),
    succeeded(invocation) ? null : failureFrame(invocation, place, { y, height }),
  )
}

function failureFrame(
  invocation: InvocationResult,
  place: BarPlace,
  box: { readonly y: number; readonly height: number },
): VNode {
  const x = place.x(invocation.sentAtMs)
  const width = round(Math.max(2, place.x(invocation.endedAtMs) - x))
  const overtaken = isOvertaken(invocation)
  const stroke = paintOf(overtaken ? "warn" : "bad")
  const cross = `M${round(x + width - 1)} ${box.y}l-${Math.min(6, width)} ${box.height}`
  return h(
    "g",
    { fill: "none", stroke, "stroke-width": 1.5 },
    h("rect", { x, y: box.y, width, height: box.height }),
    overtaken ? null : h("path", { d: cross }),
  )
}

function tooltip(invocation: InvocationResult, step: string): string {
  const what = invocation.kind === "tasks" ? `instance ${invocation.part + 1}` : invocation.kind
  const hedge = invocation.hedge === true ? ", duplicate" : ""
  const attempt = `${invocation.attempt > 1 ? `, attempt ${invocation.attempt}` : ""}${hedge}`
  const phases = segmentsOf(invocation).map(
    ({ phase, fromMs, toMs }) => `${PHASE_NAMES[phase]} ${formatMs(toMs - fromMs)}`,
  )
  const memory = `${invocation.maxMemoryUsedMB} of ${invocation.memoryMB} MB used`
  const whole = formatMs(invocation.endedAtMs - invocation.sentAtMs)
  return `${step}, ${what}${attempt}: ${invocation.outcome}, ${whole}\n${phases.join(", ")}\nbilled ${formatMs(invocation.billedMs)}, ${memory}`
}
