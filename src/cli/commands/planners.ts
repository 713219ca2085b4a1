import { PLANNERS, POLICIES } from "../../optimization/planners.ts"
import { plannerTable, type PlannerRow } from "../../report/planner-table.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"

/** `trimtab planners`: which planners and policies there are, and what each of them can do. */
export async function planners({ terminal }: CommandContext): Promise<number> {
  const document = { schemaVersion: 1, planners: PLANNERS.map(rowOf), policies: POLICIES.map(rowOf) }
  terminal.result(document, () =>
    [
      "Planners, for trimtab plan --planner NAME",
      plannerTable(document.planners, terminal),
      "",
      "Policies, which decide before each step of a run",
      plannerTable(document.policies, terminal),
    ].join("\n"),
  )
  return EXIT.ok
}

function rowOf({ name, kind, goals, knobs, exactness, source }: PlannerRow): PlannerRow {
  return { name, kind, goals, knobs, exactness, source }
}
