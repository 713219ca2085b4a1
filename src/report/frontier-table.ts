import { formatMs } from "../base/format.ts"
import { usdFormatter } from "./numbers.ts"
import { type FrontierPoint, type PlanFrontier, thinned } from "./plan-frontier.ts"
import { terminalPaint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"

export interface FrontierTableOptions {
  readonly width: number
  readonly color: boolean
  readonly maxRows: number
}

type Priced = Pick<FrontierPoint, "latencyMs" | "costUsd">

interface Row extends FrontierPoint {
  readonly note: string
}

/** The frontier as a table for terminals, with the chosen plan among its rows. */
export function frontierTable(frontier: PlanFrontier, { width, color, maxRows }: FrontierTableOptions): string {
  const { chosen } = frontier
  const others = thinned(
    frontier.points.filter((point) => !isSame(point, chosen)),
    maxRows,
  )
  const known = frontier.points.find((point) => isSame(point, chosen)) ?? { ...chosen, lowerBoundUsd: null }
  const rows: Row[] = [
    ...others.map((point) => ({ ...point, note: "" })),
    { ...known, note: `chosen by ${chosen.planner}` },
  ].toSorted((a, b) => a.latencyMs - b.latencyMs)
  // A digit more than columns usually have: neighbours differ by little.
  const usd = usdFormatter(rows.map((row) => 100 * row.costUsd))
  return terminalTable<Row>({
    rows,
    width,
    paint: terminalPaint({ color }),
    columns: [
      { header: "latency", cell: (row) => formatMs(row.latencyMs), align: "right" },
      { header: "cost per 1,000 runs", cell: (row) => usd(1000 * row.costUsd), align: "right" },
      { header: "above the bound", cell: gapOf, align: "right" },
      { header: "", cell: (row) => row.note, style: () => "good" },
    ],
  })
}

function gapOf({ costUsd, lowerBoundUsd }: FrontierPoint): string {
  if (lowerBoundUsd === null || lowerBoundUsd <= 0) return "-"
  return `${(100 * Math.max(0, costUsd / lowerBoundUsd - 1)).toFixed(2)} %`
}

function isSame(a: Priced, b: Priced): boolean {
  return a.latencyMs === b.latencyMs && a.costUsd === b.costUsd
}
