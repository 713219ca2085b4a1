import { realClock } from "../../base/clock.ts"
import type { OperationSource } from "../../estimation/operation-profile.ts"
import { terminalPaint } from "../../report/terminal-style.ts"
import { terminalTable } from "../../report/terminal-table.ts"
import { projectOperations, projectProfiles } from "../composition.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import { rangeText } from "../import-text.ts"
import type { CommandContext } from "../main.ts"
import { ageText, countsText, profileSummary, type ProfileSummary } from "../profile-summary.ts"

/** `trimtab profile show`: what the profiles hold. Reads only. */
export async function profileShow({ terminal, cwd, configFile }: CommandContext): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const store = projectProfiles(project)
  const names = Object.keys(project.workflow.functions)
  const operations = projectOperations(project)
  const profiles = await Promise.all(
    names.map(async (name): Promise<Shown> => {
      const run = (await operations.read(name)).at(-1)
      return {
        ...profileSummary(await store.read(name)),
        operations: run === undefined ? null : { source: run.profile.source, atMs: run.atMs, tasks: run.tasks },
      }
    }),
  )
  const nowMs = realClock.nowMs()
  terminal.result({ schemaVersion: 1, profiles }, () =>
    terminalTable({
      rows: profiles,
      width: terminal.width,
      paint: terminalPaint({ color: terminal.color }),
      columns: [
        { header: "function", cell: (row) => row.function },
        { header: "samples", cell: (row) => row.samples.toLocaleString("en-US"), align: "right" },
        { header: "used", cell: (row) => row.used.toLocaleString("en-US"), align: "right", dropOrder: 1 },
        { header: "sources", cell: (row) => countsText(row.sources) || "-", dropOrder: 2 },
        {
          header: "sizes",
          cell: (row) => (row.sizes.length === 0 ? "-" : rangeText(row.sizes.map((size) => size.memoryMB))),
        },
        { header: "cold", cell: (row) => String(row.cold), align: "right", dropOrder: 3 },
        { header: "failures", cell: (row) => countsText(row.failures) || "-", dropOrder: 3 },
        { header: "least memory", cell: floorText, align: "right", dropOrder: 1 },
        { header: "operations", cell: (row) => row.operations?.source ?? "-", dropOrder: 2 },
        {
          header: "newest",
          cell: (row) => (row.newestAtMs === null ? "-" : `${ageText(nowMs - row.newestAtMs)} ago`),
          align: "right",
        },
      ],
    }),
  )
  return EXIT.ok
}

interface Shown extends ProfileSummary {
  /** The newest local run that counted its operations. */
  readonly operations: { readonly source: OperationSource; readonly atMs: number; readonly tasks: number } | null
}

function floorText({ floorMB }: ProfileSummary): string {
  return floorMB === 0 ? "-" : `${Math.ceil(floorMB)} MB`
}
