import { formatMs, formatUsd } from "../base/format.ts"
import type { ArenaReport, ArenaStrategy } from "./arena-report.ts"
import { count, formatShare, shortMs, shortUsd } from "./numbers.ts"
import { terminalPaint } from "./terminal-style.ts"
import { type Column, terminalTable } from "./terminal-table.ts"

/** `96.2 % (94.8 to 97.3)`. */
export function attainmentCell({ attainment: { share, low, high } }: ArenaStrategy): string {
  const percent = (ratio: number): string => (100 * ratio).toFixed(1)
  return `${percent(share)} % (${percent(low)} to ${percent(high)})`
}

/** `+4.1 % (3.8 to 4.4)` against the first strategy; nothing for itself. */
export function costOverCell({ costOverFirst }: ArenaStrategy): string {
  if (costOverFirst === null) return "-"
  const percent = (ratio: number): string => (100 * ratio).toFixed(1)
  const { mean, low, high } = costOverFirst
  return `${mean >= 0 ? "+" : ""}${percent(mean)} % (${percent(low)} to ${percent(high)})`
}

/** What the strategies were compared on, in a line. */
export function arenaAbout({ workflow, platform, load, seed, runs, goal }: ArenaReport): string {
  const aim = goal.kind === "cost" ? `SLO ${formatMs(goal.sloMs)}` : `budget ${formatUsd(goal.budgetUsd)}`
  return `${workflow} ${platform}: ${count(runs, "run")} each, ${load}, seed ${seed}; ${aim} in ${formatShare(goal.percentile)} of runs`
}

/** The leaderboard, for terminals. */
export function arenaTable(report: ArenaReport, look: { readonly width: number; readonly color: boolean }): string {
  const playing = report.strategies.filter(({ out }) => out === null)
  const out = report.strategies.filter((row) => row.out !== null)
  const columns: readonly Column<ArenaStrategy>[] = [
    { header: "strategy", cell: (row) => row.name },
    { header: "kind", cell: (row) => row.kind, dropOrder: 3 },
    { header: "attained", cell: attainmentCell, align: "right" },
    { header: "p50", cell: (row) => shortMs(row.latencyMs.p50), align: "right", dropOrder: 2 },
    { header: "p95", cell: (row) => shortMs(row.latencyMs.p95), align: "right" },
    { header: "cost", cell: (row) => shortUsd(row.costUsd.mean), align: "right" },
    { header: `against ${report.first ?? "first"}`, cell: costOverCell, align: "right" },
    { header: "cold", cell: (row) => formatShare(row.coldShare), align: "right", dropOrder: 1 },
  ]
  return [
    arenaAbout(report),
    "",
    terminalTable({ rows: playing, width: look.width, paint: terminalPaint(look), columns }),
    ...out.map(({ name, out: why }) => `${name} did not play: ${why}`),
  ].join("\n")
}
