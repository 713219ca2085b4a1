import type { RunReading } from "../../engine/read-runs.ts"
import { projectRun } from "../composition.ts"
import { loadProject } from "../config.ts"
import { runText, writeReport } from "../execute.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"

/** `trimtab show`: one run from its records, and its page. Reads only; works beside an engine that is running it. */
export async function show(
  { terminal, cwd, configFile }: CommandContext,
  _: object,
  args: readonly string[],
): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const reading = await projectRun(project, args[0] ?? "")
  const { result } = reading
  const page = result === null ? null : await writeReport(project.stateDir, result)
  terminal.result({ schemaVersion: 1, ...reading, page }, () =>
    result === null || page === null ? goingText(reading) : runText({ result, page }, terminal),
  )
  return EXIT.ok
}

/** A run without an end: how far it has come. */
function goingText({ summary: { runId, workflow }, steps }: RunReading): string {
  const lines = steps.map(({ step, phase }) => `  ${step.padEnd(20)} ${phase}`)
  return [`run ${runId} of ${workflow} has no end yet: trimtab resume finishes it if nothing does`, ...lines].join("\n")
}
