import type { RunCostLine, RunResult } from "../workflow/run-result.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { htmlTable } from "./html-table.ts"
import { formatShare, groupDigits, shortUsd, usdFormatter } from "./numbers.ts"
import { round } from "./svg.ts"
import { paintOf } from "./theme.ts"

/** The bill, line by line, with the share of each. A line without a price says so and makes the total "at least". */
export function billTable(result: RunResult): VNode {
  const lines = [...result.costLines].sort((a, b) => (b.usd ?? 0) - (a.usd ?? 0))
  const known = lines.reduce((sum, line) => sum + (line.usd ?? 0), 0)
  const usd = usdFormatter(lines.map((line) => line.usd ?? 0))
  const complete = lines.every((line) => line.usd !== null)
  const share = (line: RunCostLine): number => (known > 0 ? (line.usd ?? 0) / known : 0)
  return htmlTable<RunCostLine>({
    label: "Bill",
    rows: lines,
    columns: [
      { header: "Meter", cell: (line) => line.meter },
      { header: "Quantity", cell: (line) => groupDigits(line.quantity), align: "right" },
      { header: "Share", cell: (line) => (line.usd === null ? "" : shareBar(share(line))) },
      { header: "", cell: (line) => (line.usd === null ? "" : formatShare(share(line))), align: "right" },
      {
        header: "Cost",
        cell: (line) => (line.usd === null ? h("span", { class: "tone warn" }, "price unknown") : usd(line.usd)),
        align: "right",
      },
      {
        header: "Per 1,000 runs",
        cell: (line) => (line.usd === null ? "" : shortUsd(1000 * line.usd)),
        align: "right",
      },
    ],
    footer: [complete ? "Total" : "Total, at least", "", "", "", usd(result.costUsd), shortUsd(1000 * result.costUsd)],
  })
}

function shareBar(share: number): VNode {
  const width = round(100 * share)
  return h(
    "svg",
    { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": true },
    h("rect", { x: 0, y: 0, width: 100, height: 8, fill: paintOf("sunken") }),
    h("rect", { x: 0, y: 0, width, height: 8, fill: paintOf("accent") }),
  )
}
