import { terminalPaint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"

/** A planner or policy as people see it. */
export interface PlannerRow {
  readonly name: string
  readonly goals: readonly ("cost" | "latency")[]
  readonly kind: "static" | "search" | "online"
  readonly knobs: readonly string[]
  readonly exactness: "exact" | "bounded" | "heuristic"
  readonly source: string
}

const GOALS = { cost: "SLO", latency: "budget" } as const

/** The list for terminals. */
export function plannerTable(
  rows: readonly PlannerRow[],
  { width, color }: { readonly width: number; readonly color: boolean },
): string {
  return terminalTable({
    rows,
    width,
    paint: terminalPaint({ color }),
    columns: [
      { header: "name", cell: (row) => row.name },
      { header: "plans", cell: (row) => KINDS[row.kind] },
      { header: "goals", cell: (row) => row.goals.map((goal) => GOALS[goal]).join(", ") },
      { header: "chooses", cell: (row) => row.knobs.join(", ") || "nothing", dropOrder: 1 },
      { header: "proof", cell: (row) => PROOFS[row.exactness] },
      { header: "paper", cell: (row) => row.source, dropOrder: 2 },
    ],
  })
}

const KINDS = { static: "before a run", search: "by trying", online: "during a run" } as const
const PROOFS = { exact: "optimal", bounded: "gap", heuristic: "none" } as const
