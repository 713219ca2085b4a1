import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { askToCancel, forgetRequest } from "../cancel-requests.ts"
import { cancelProjectRun, projectRun } from "../composition.ts"
import { loadProject, type Project } from "../config.ts"
import type { EngineFlags } from "../engine-flags.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { projectRestate } from "../restate.ts"

export interface CancelFlags extends EngineFlags {
  readonly reason?: string
}

/** How long whoever executes the run may take to end it, ms, and how often that is looked at. */
const PATIENCE_MS = 30_000
const EVERY_MS = 200

/**
 * `trimtab cancel`: ends a run, whether another process executes it now or none does. What is in flight is abandoned;
 * what it had can be gone on from with `trimtab redrive`.
 */
export async function cancel(
  { terminal, cwd, configFile, signal }: CommandContext,
  flags: CancelFlags,
  [runId = ""]: readonly string[],
): Promise<number> {
  const { reason = "asked for on the command line" } = flags
  const project = await loadProject({ file: configFile, cwd })
  if (flags.engine === "restate") {
    if (flags.reason !== undefined) throw new TrimtabError("usage", "a Restate server keeps no --reason; leave it out")
    if (!(await projectRestate(project, flags).cancel(runId)))
      throw new TrimtabError("usage", `the Restate server knows no run ${runId} under way`, {
        fix: "see trimtab runs --engine restate",
      })
    terminal.result({ schemaVersion: 1, runId, status: "cancelling" }, () => `run ${runId}: asked to end`)
    return EXIT.ok
  }
  const { summary } = await projectRun(project, runId)
  if (summary.status !== "running")
    throw new TrimtabError("usage", `run ${runId} has ended: ${summary.status}`, { fix: "there is nothing to cancel" })
  if (!(await cancelProjectRun(project, runId, reason))) await askAndWait(project, { runId, reason, signal })
  const ended = await projectRun(project, runId)
  terminal.result(
    { schemaVersion: 1, runId, status: ended.summary.status },
    () => `run ${runId}: ${ended.summary.status}`,
  )
  return EXIT.ok
}

/** @throws TrimtabError `timeout` when the run goes on all the same */
async function askAndWait(
  project: Project,
  { runId, reason, signal }: { readonly runId: string; readonly reason: string; readonly signal: AbortSignal },
): Promise<void> {
  await askToCancel(project.stateDir, runId, reason)
  try {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += EVERY_MS) {
      await realClock.sleep(EVERY_MS, signal)
      if ((await projectRun(project, runId)).summary.status !== "running") return
    }
  } finally {
    forgetRequest(project.stateDir, runId)
  }
  throw new TrimtabError("timeout", `run ${runId} goes on: the process that executes it did not answer`, {
    fix: "stop that process, then cancel again",
    retryable: true,
  })
}
