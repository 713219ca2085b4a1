import type { HedgeMode } from "../../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../../engine/prewarm-rule.ts"
import { messageOf } from "../../base/errors.ts"
import { runTable } from "../../report/run-table.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import { openWorkspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import { exitCodeOfRun, followRuns, interrupted } from "../execute.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { policiesAgain } from "../policies.ts"

/**
 * `trimtab resume`: finishes every run that was cut off. Finished steps are not run again; a run whose goal cannot be
 * met any more goes on at the fastest plan. The policy that decided goes on deciding. The exit code is that of the worst
 * run.
 */
export async function resume(
  { terminal, cwd, configFile, signal }: CommandContext,
  { prewarm, hedge }: { readonly prewarm?: PrewarmRuleName; readonly hedge?: HedgeMode },
): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    await workspace.deploy()
    const follower = followRuns(workspace, terminal)
    const { limits } = workspace.platform
    const engine = workspace.engine({
      policyFor: policiesAgain({ estimator, limits }),
      onEvent: follower.onEvent,
      prewarm,
      hedge,
    })
    try {
      const handles = await engine.resumeAll()
      const results: RunResult[] = []
      const failures: { runId: string; message: string }[] = []
      for (const handle of handles) {
        try {
          const result = await Promise.race([handle.result, interrupted(signal, handle.runId)])
          await follower.finish(result)
          results.push(result)
        } catch (error) {
          if (signal.aborted) throw error
          failures.push({ runId: handle.runId, message: messageOf(error) })
          terminal.warn(`run ${handle.runId} could not be resumed: ${messageOf(error)}`)
        }
      }
      terminal.result({ schemaVersion: 1, runs: results, failures }, () =>
        results.length === 0 && failures.length === 0
          ? "no run was cut off"
          : results.map((result) => runTable(result, { width: terminal.width, color: terminal.color })).join("\n\n"),
      )
      return Math.max(failures.length > 0 ? EXIT.error : EXIT.ok, ...results.map(exitCodeOfRun))
    } finally {
      await engine.close()
    }
  } finally {
    await workspace.close()
  }
}
