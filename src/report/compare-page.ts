import { formatMs, formatUsd } from "../base/format.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import { curveChart } from "./curve.ts"
import { gantt, ganttEndMs } from "./gantt.ts"
import { h } from "./h.ts"
import type { Child, VNode } from "./h.ts"
import { htmlTable, twoLines } from "./html-table.ts"
import { formatDeviation, formatPercentile, prettyConfig, shortMs, shortUsd, usdFormatter } from "./numbers.ts"
import { htmlPage } from "./page.ts"
import { verdictOf } from "./run-verdict.ts"
import { scroll, section } from "./section.ts"

/**
 * Two or more runs of one workflow side by side, as one HTML file: what was decided for each step, how long it took
 * and what it cost. The first run is what the others are compared with.
 */
export function comparePage(results: readonly RunResult[]): string {
  const [base] = results
  if (base === undefined) throw new RangeError("there is no run to compare")
  const body = h(
    "main",
    {},
    header(results, base),
    h("div", { class: "cards" }, ...results.map((result) => card(result, base))),
    section(
      "What was decided for each step",
      "Memory × instances × processes, with measured time and cost. Marked where a run chose differently from the first.",
      decisionTable(results, base),
    ),
    section(
      "The runs on one time axis",
      "Each lane is a step and each row an instance.",
      h("div", {}, ...timeLines(results)),
    ),
    section(
      "Time against money",
      "Each point is a run: further left is faster, further down is cheaper.",
      tradeOff(results),
    ),
    section("The bills", "What each run used, before tax and discounts.", billTable(results)),
    h("footer", {}, h("p", {}, "Made by Trimtab.")),
  )
  return htmlPage({ title: `${base.workflow}: ${results.length} runs compared`, body })
}

/** What tells a run apart from the others: its goal, and its policy where they differ. */
function nameOf(result: RunResult, results: readonly RunResult[]): string {
  const { goal } = result
  const aim = goal.kind === "cost" ? `SLO ${formatMs(goal.sloMs)}` : `budget ${formatUsd(goal.budgetUsd)}`
  const policies = new Set(results.map((other) => other.policy))
  const name = policies.size > 1 ? `${result.policy}, ${aim}` : aim
  const same = results.filter((other) => other.policy === result.policy && sameGoal(other, result))
  return same.length > 1 ? `${name}, ${result.runId}` : name
}

function sameGoal(a: RunResult, b: RunResult): boolean {
  return JSON.stringify(a.goal) === JSON.stringify(b.goal)
}

function header(results: readonly RunResult[], base: RunResult): VNode {
  const workflows = [...new Set(results.map((result) => result.workflow))].join(", ")
  const policies = [...new Set(results.map((result) => result.policy))].join(", ")
  const about = `${results.length} runs · ${formatPercentile(base.goal.percentile)} · policy ${policies}`
  return h("header", {}, h("h1", {}, workflows), h("p", { class: "about" }, about))
}

function card(result: RunResult, base: RunResult): VNode {
  const verdict = verdictOf(result)
  const against = (value: number, from: number): string =>
    result === base ? "" : ` (${formatDeviation(value, from) || "-"})`
  const invocations = result.steps.reduce((sum, step) => sum + step.invocations.length, 0)
  return h(
    "div",
    { class: `card ${verdict.tone}` },
    h("div", { class: "label" }, goalText(result)),
    h("div", { class: "value" }, verdict.label),
    h("div", { class: "note" }, `${formatMs(result.latencyMs)}${against(result.latencyMs, base.latencyMs)}`),
    h("div", { class: "note" }, `${formatUsd(result.costUsd)}${against(result.costUsd, base.costUsd)}`),
    h("div", { class: "note" }, `${invocations} invocations, ${result.runId}`),
  )
}

function goalText({ goal, policy }: RunResult): string {
  const percentile = formatPercentile(goal.percentile)
  const aim = goal.kind === "cost" ? `SLO ${formatMs(goal.sloMs)}` : `budget ${formatUsd(goal.budgetUsd)}`
  return `${aim} at ${percentile}, ${policy}`
}

/** One row a step, one column a run. Steps that only some runs have get empty cells. */
function decisionTable(results: readonly RunResult[], base: RunResult): VNode {
  const names = [...new Set(results.flatMap((result) => result.steps.map((step) => step.name)))]
  const stepOf = (result: RunResult, name: string): StepResult | undefined =>
    result.steps.find((step) => step.name === name)
  return htmlTable<string>({
    label: "Decisions side by side",
    rows: names,
    columns: [
      { header: "Step", cell: (name) => name },
      ...results.map((result) => ({
        header: nameOf(result, results),
        cell: (name: string): Child => choiceCell(stepOf(result, name), stepOf(base, name)),
      })),
    ],
    footer: ["Whole run", ...results.map((result) => `${formatMs(result.latencyMs)}, ${formatUsd(result.costUsd)}`)],
  })
}

function choiceCell(step: StepResult | undefined, base: StepResult | undefined): Child {
  if (step === undefined) return "-"
  const config = prettyConfig(step.config)
  const differs = base !== undefined && prettyConfig(base.config) !== config
  const shown = differs ? h("span", { class: "tag accent" }, config) : config
  return twoLines(shown, `${shortMs(step.measuredMs)}, ${shortUsd(step.costUsd)}`)
}

function timeLines(results: readonly RunResult[]): readonly VNode[] {
  const endMs = Math.max(...results.map(ganttEndMs))
  return results.map((result, i) => {
    const name = nameOf(result, results)
    const figure = gantt(result, { id: `gantt-${i + 1}`, endMs })
    return h("div", { class: "stacked" }, h("h3", {}, name), scroll(`Time line, ${name}`, figure))
  })
}

function tradeOff(results: readonly RunResult[]): VNode {
  const chart = curveChart({
    id: "trade-off",
    title: "Latency and cost of each run",
    description: results
      .map((result) => `${nameOf(result, results)}: ${formatMs(result.latencyMs)}, ${formatUsd(result.costUsd)}`)
      .join("; "),
    x: { label: "latency, s" },
    y: { label: "cost per 1,000 runs, $" },
    width: 1060,
    height: 280,
    series: results.map((result) => ({
      name: nameOf(result, results),
      look: "points",
      points: [
        {
          x: result.latencyMs / 1000,
          y: 1000 * result.costUsd,
          note: `${formatMs(result.latencyMs)}, ${formatUsd(result.costUsd)}`,
        },
      ],
    })),
  })
  return scroll("Latency and cost", chart)
}

function billTable(results: readonly RunResult[]): VNode {
  const meters = [...new Set(results.flatMap((result) => result.costLines.map((line) => line.meter)))]
  const usd = usdFormatter(results.flatMap((result) => result.costLines.map((line) => line.usd ?? 0)))
  const cell = (result: RunResult, meter: string): Child => {
    const line = result.costLines.find((line) => line.meter === meter)
    if (line === undefined) return "-"
    return line.usd === null ? "price unknown" : usd(line.usd)
  }
  return htmlTable<string>({
    label: "Bills side by side",
    rows: meters,
    columns: [
      { header: "Meter", cell: (meter) => meter },
      ...results.map((result) => ({
        header: nameOf(result, results),
        align: "right" as const,
        cell: (meter: string): Child => cell(result, meter),
      })),
    ],
    footer: [
      "Total",
      ...results.map((result) => {
        const least = result.costLines.some((line) => line.usd === null) ? "at least " : ""
        return least + usd(result.costUsd)
      }),
    ],
  })
}
