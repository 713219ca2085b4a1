import { existsSync } from "node:fs"
import { formatMs, formatUsd } from "../../base/format.ts"
import { readRuns } from "../../engine/read-runs.ts"
import type { RestateRunStatus } from "../../engine/restate/restate-client.ts"
import { terminalPaint } from "../../report/terminal-style.ts"
import { terminalTable } from "../../report/terminal-table.ts"
import { journalPath } from "../composition.ts"
import { loadProject } from "../config.ts"
import type { EngineFlags } from "../engine-flags.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { projectRestate } from "../restate.ts"
import type { Terminal } from "../terminal.ts"

/** `trimtab runs`: all runs of the journal, oldest first. Reads only; works beside an engine that is running. */
export async function runs({ terminal, cwd, configFile }: CommandContext, flags: EngineFlags): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  if (flags.engine === "restate") return restateRuns(terminal, await projectRestate(project, flags).runs())
  const path = journalPath(project)
  const list = existsSync(path) ? await readRuns(path) : []
  terminal.result({ schemaVersion: 1, runs: list }, () =>
    list.length === 0
      ? "no runs yet"
      : terminalTable({
          rows: list,
          width: terminal.width,
          paint: terminalPaint({ color: terminal.color }),
          columns: [
            { header: "run", cell: (row) => row.runId },
            { header: "workflow", cell: (row) => row.workflow },
            { header: "status", cell: (row) => row.status },
            { header: "started", cell: (row) => new Date(row.acceptedAtMs).toISOString() },
            {
              header: "took",
              cell: (row) => (row.finishedAtMs === null ? "-" : formatMs(row.finishedAtMs - row.acceptedAtMs)),
              align: "right",
            },
            {
              header: "goal",
              cell: (row) =>
                row.goal.kind === "cost"
                  ? `SLO ${formatMs(row.goal.sloMs)}`
                  : `budget ${formatUsd(row.goal.budgetUsd)}`,
            },
          ],
        }),
  )
  return EXIT.ok
}

/** Runs as a Restate server lists them. */
function restateRuns(terminal: Terminal, list: readonly RestateRunStatus[]): number {
  terminal.result({ schemaVersion: 1, runs: list }, () =>
    list.length === 0
      ? "the Restate server keeps no runs of this workflow"
      : terminalTable({
          rows: list,
          width: terminal.width,
          paint: terminalPaint({ color: terminal.color }),
          columns: [
            { header: "run", cell: (row) => row.runId },
            { header: "status", cell: (row) => row.status },
            { header: "started", cell: (row) => new Date(row.acceptedAtMs).toISOString() },
            { header: "invocation", cell: (row) => row.invocationId, dropOrder: 1 },
          ],
        }),
  )
  return EXIT.ok
}
