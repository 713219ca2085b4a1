import { figureSheet, type SheetChart } from "../src/report/figure-sheet.ts"
import type { ClaimRow, Findings } from "./experiment.ts"

/** What one of several figures of the paper, drawn on one sheet, gives. */
export interface Part {
  readonly charts: readonly SheetChart[]
  readonly claim: ClaimRow
  readonly rows: Findings["rows"]
}

/** The parts on one sheet of three columns, one claim each; they have no summary. */
export function findingsOfParts(
  parts: readonly Part[],
  sheet: { readonly id: string; readonly title: string; readonly notes: readonly string[] },
): Findings {
  return {
    figures: { [sheet.id]: figureSheet({ ...sheet, charts: parts.flatMap(({ charts }) => charts), columns: 3 }) },
    claims: parts.map(({ claim }) => claim),
    summary: {},
    rows: parts.flatMap(({ rows }) => rows),
  }
}
