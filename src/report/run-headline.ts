import { formatMs, formatUsd } from "../base/format.ts"
import type { RunResult } from "../workflow/run-result.ts"
import { h } from "./h.ts"
import type { Child, VNode } from "./h.ts"
import { count, formatShare, shortUsd } from "./numbers.ts"
import { decisionText } from "./run-summary.ts"
import { verdictOf } from "./run-verdict.ts"
import { paintOf } from "./theme.ts"

interface Card {
  readonly label: string
  readonly value: string
  readonly note: Child
  readonly tone?: "good" | "warn" | "bad"
}

/** Name of the workflow and of the run, and when and how it was run. */
export function runHeader(result: RunResult): VNode {
  const started = new Date(result.startedAtWallMs).toISOString().replace("T", " ").slice(0, 19)
  const about = [result.runId, `${started} UTC`, `policy ${result.policy}`]
  return h("header", {}, h("h1", {}, result.workflow), h("p", { class: "about" }, about.join(" · ")))
}

/** The figures that matter most: was the goal met, how long, how much, how warm, how quickly decided. */
export function headlineCards(result: RunResult): VNode {
  return h("div", { class: "cards" }, ...cardsOf(result).map(cardBox))
}

/** What went wrong, if something did. */
export function runNotices(result: RunResult): readonly VNode[] {
  const { error } = result
  return [
    ...(error === null ? [] : [notice(h("strong", {}, `${errorPlace(result)}${error.errorType}. `), error.message)]),
    ...(result.infeasible ? [notice("At some decision during this run the goal could not be met any more.")] : []),
  ]
}

function errorPlace({ error, status }: RunResult): string {
  if (error === null || error.step === "") return ""
  return status === "cancelled" ? `Step ${error.step}: ` : `Step ${error.step} failed: `
}

function notice(...content: readonly Child[]): VNode {
  return h("p", { class: "notice", role: "note" }, ...content)
}

function cardsOf(result: RunResult): readonly Card[] {
  const verdict = verdictOf(result)
  const cold = result.steps.reduce((sum, step) => sum + step.coldStarts, 0)
  const invocations = result.steps.reduce((sum, step) => sum + step.invocations.length, 0)
  const unknown = result.costLines.some((line) => line.usd === null)
  return [
    { label: "Goal", value: verdict.label, note: verdict.sentence, tone: verdict.tone },
    latencyCard(result),
    {
      label: "Cost",
      value: `${unknown ? "≥ " : ""}${formatUsd(result.costUsd)}`,
      note: `${formatUsd(1000 * result.costUsd)} per 1,000 runs${unknown ? "; a price is unknown" : ""}`,
    },
    {
      label: "Cold starts",
      value: `${cold} of ${invocations}`,
      note: prewarmNote(result),
    },
    {
      label: "Decisions",
      value: count(result.decisionMs.length, "decision"),
      note: decisionText(result).replace(/^\d+ /, ""),
    },
  ]
}

function prewarmNote({ prewarm }: RunResult): string {
  const { asked, warmed, hits, avoidedMs = 0, costUsd } = prewarm
  if (asked === 0) return "nothing was warmed ahead"
  const gain = avoidedMs > 0 ? `, ${formatMs(avoidedMs)} of starting avoided` : ""
  return `${warmed} warmed ahead, ${hits} of them used${gain}, for ${shortUsd(costUsd)}`
}

function latencyCard(result: RunResult): Card {
  const overhead = `${formatMs(result.overheadMs)} overhead`
  const share = result.latencyMs > 0 ? ` (${formatShare(result.overheadMs / result.latencyMs)})` : ""
  return {
    label: "Latency",
    value: formatMs(result.latencyMs),
    note: h("span", {}, `${overhead}${share}`, result.sloMs === null ? null : sloMeter(result.latencyMs, result.sloMs)),
  }
}

/** A bar that fills up to the SLO; what goes beyond it is red. */
function sloMeter(latencyMs: number, sloMs: number): VNode {
  const whole = Math.max(latencyMs, sloMs)
  const inside = (100 * Math.min(latencyMs, sloMs)) / whole
  const slo = (100 * sloMs) / whole
  const text = `${formatMs(latencyMs)} of an SLO of ${formatMs(sloMs)}`
  return h(
    "svg",
    { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "img", "aria-label": text },
    h("rect", { x: 0, y: 1, width: 100, height: 6, rx: 1, fill: paintOf("sunken") }),
    h("rect", { x: 0, y: 1, width: inside, height: 6, rx: 1, fill: paintOf("accent") }),
    latencyMs > sloMs ? h("rect", { x: slo, y: 1, width: 100 - slo, height: 6, fill: paintOf("bad") }) : null,
  )
}

function cardBox(card: Card): VNode {
  return h(
    "div",
    { class: card.tone === undefined ? "card" : `card ${card.tone}` },
    h("div", { class: "label" }, card.label),
    h("div", { class: "value" }, card.value),
    h("div", { class: "note" }, card.note),
  )
}
