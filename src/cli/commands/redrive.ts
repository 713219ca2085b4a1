import type { HedgeMode } from "../../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../../engine/prewarm-rule.ts"
import { assertRedrivable } from "../../engine/redrive.ts"
import { openWorkspace, projectRun } from "../composition.ts"
import { loadProject } from "../config.ts"
import { codeHashesOf, exitCodeOfRun, followRun, runText } from "../execute.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import type { CommandContext } from "../main.ts"
import { assertPolicyName, policiesAgain } from "../policies.ts"

export interface RedriveFlags extends GoalFlags {
  readonly policy?: string
  readonly prewarm?: PrewarmRuleName
  readonly hedge?: HedgeMode
}

/**
 * `trimtab redrive`: does again what is missing of a run that failed, was cancelled or is partial: exactly its failed and
 * abandoned tasks and what comes after them, with the present code. Under its own goal again, from now on, or under a new
 * one.
 */
export async function redrive(
  { terminal, cwd, configFile, signal }: CommandContext,
  flags: RedriveFlags,
  [runId = ""]: readonly string[],
): Promise<number> {
  if (flags.policy !== undefined) assertPolicyName(flags.policy)
  const project = await loadProject({ file: configFile, cwd })
  // Before anything is packaged or started.
  assertRedrivable((await projectRun(project, runId)).summary)
  const isNewGoal = flags.slo !== undefined || flags.budget !== undefined
  const goal = isNewGoal ? { goal: goalOf(flags, project.workflow) } : {}
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    await workspace.deploy()
    const policyFor = policiesAgain({ estimator, limits: workspace.platform.limits }, flags.policy)
    const { prewarm, hedge } = flags
    const executed = await followRun({ workspace, terminal, signal, policyFor, prewarm, hedge }, (engine) =>
      engine.redrive(runId, { ...goal, codeHashes: codeHashesOf(workspace) }),
    )
    terminal.result(executed.result, () => runText(executed, terminal))
    return exitCodeOfRun(executed.result)
  } finally {
    await workspace.close()
  }
}
