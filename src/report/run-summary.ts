import { formatMs, formatUsd } from "../base/format.ts"
import { printable } from "../base/logger.ts"
import type { HedgeResult, RunResult } from "../workflow/run-result.ts"
import { wrapText } from "./display-width.ts"
import { count, formatShare, groupDigits, usdFormatter } from "./numbers.ts"
import { verdictOf } from "./run-verdict.ts"
import type { Paint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"

/** What a run was as a whole: one labelled sentence a line, in the order in which people ask. */
export interface SummaryFact {
  readonly label: string
  readonly text: string
}

/** Latency, cost and how they came about. Shared by the terminal and the page. */
export function summaryFacts(result: RunResult): readonly SummaryFact[] {
  return [
    { label: "Latency", text: latencyText(result) },
    { label: "Path", text: result.criticalPath.join(" > ") },
    { label: "Cost", text: costText(result) },
    { label: "Prewarm", text: prewarmText(result) },
    ...(result.hedges === undefined ? [] : [{ label: "Hedges", text: hedgesText(result.hedges) }]),
    { label: "Decisions", text: decisionText(result) },
    { label: "Enforcement", text: result.enforcement },
  ]
}

/** The summary for a terminal: the verdict, the facts, the bill. */
export function summaryLines(
  result: RunResult,
  options: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  const { width, paint } = options
  const verdict = verdictOf(result)
  const indent = 13
  const facts = summaryFacts(result).flatMap(({ label, text }) =>
    wrapText(printable(text), width - indent).map(
      (line, i) => `${paint("faint", (i === 0 ? label : "").padEnd(indent))}${line}`,
    ),
  )
  return [
    ...wrapText(`${verdict.label}: ${printable(verdict.sentence)}`, width).map((line) => paint(verdict.tone, line)),
    ...(result.infeasible ? [paint("bad", "At some decision the goal could not be met any more.")] : []),
    ...facts.map((line) => line.trimEnd()),
    "",
    billTable(result, options),
  ]
}

function billTable(result: RunResult, options: { readonly width: number; readonly paint: Paint }): string {
  const usd = usdFormatter(result.costLines.map((line) => line.usd ?? 0))
  return terminalTable({
    ...options,
    rows: result.costLines,
    columns: [
      { header: "BILL", cell: (line) => line.meter },
      { header: "QUANTITY", cell: (line) => groupDigits(line.quantity), align: "right", dropOrder: 1 },
      { header: "COST", cell: (line) => (line.usd === null ? "price unknown" : usd(line.usd)), align: "right" },
    ],
  })
}

function latencyText({ latencyMs, overheadMs }: RunResult): string {
  const share = latencyMs > 0 ? ` (${formatShare(overheadMs / latencyMs)})` : ""
  return `${formatMs(latencyMs)}, of which ${formatMs(overheadMs)} overhead${share}`
}

/** `$0.005446 a run, $5.45 per 1,000 runs`; "at least" when a price is unknown. */
export function costText({ costUsd, costLines }: RunResult): string {
  const least = costLines.some((line) => line.usd === null) ? "at least " : ""
  return `${least}${formatUsd(costUsd)} a run, ${formatUsd(1000 * costUsd)} per 1,000 runs`
}

/** What prewarming did, what it gained and what it cost, in one sentence. */
export function prewarmText({ prewarm }: RunResult): string {
  const { asked, warmed, hits, declined = 0, avoidedMs, costUsd } = prewarm
  const skipped = declined === 0 ? "" : `; not made for ${count(declined, "step")}, where it would not have paid`
  if (asked === 0) return `nothing was warmed ahead${skipped}`
  const used = `${hits} used, ${warmed - hits} in vain`
  const gain = avoidedMs === undefined ? "" : `, ${formatMs(avoidedMs)} of mapping delay avoided`
  return `${count(asked, "instance")} asked for, ${warmed} warmed, ${used}${gain}, ${formatUsd(costUsd)}${skipped}`
}

/** What duplicates of late invocations did and cost, in one sentence. */
export function hedgesText({ sent, won, costUsd }: HedgeResult): string {
  return `${count(sent, "late invocation")} sent again, ${won} of them came first; ${formatUsd(costUsd)} for the answers that were not needed`
}

/** How many decisions there were and what time they took. */
export function decisionText({ decisionMs, latencyMs }: RunResult): string {
  if (decisionMs.length === 0) return "none: every configuration was set beforehand"
  const total = decisionMs.reduce((sum, ms) => sum + ms, 0)
  const share = latencyMs > 0 ? ` (${formatShare(total / latencyMs)} of the run)` : ""
  return `${decisionMs.length} in ${formatMs(total)}${share}, slowest ${formatMs(Math.max(...decisionMs))}`
}
