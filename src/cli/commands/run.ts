import { TrimtabError } from "../../base/errors.ts"
import type { HedgeMode } from "../../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../../engine/prewarm-rule.ts"
import { openWorkspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import type { EngineFlags } from "../engine-flags.ts"
import { executeRun, exitCodeOfRun, runText } from "../execute.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import type { CommandContext } from "../main.ts"
import { rehearse } from "../planning.ts"
import { assertPolicyName, assertReachable, DEFAULT_POLICY, policyNamed } from "../policies.ts"
import { addressOf, executeOnRestate } from "../restate.ts"
import { runInput } from "../run-input.ts"

export interface RunFlags extends GoalFlags, EngineFlags {
  readonly input?: string
  readonly bestEffort?: boolean
  readonly policy?: string
  readonly requestKey?: string
  readonly prewarm?: PrewarmRuleName
  readonly hedge?: HedgeMode
}

/**
 * `trimtab run`: executes the workflow, deciding again before each step. An impossible goal is refused before the
 * first invocation (exit 3) unless --best-effort.
 */
export async function run(context: CommandContext, flags: RunFlags): Promise<number> {
  const { terminal, cwd, configFile, signal } = context
  const { policy: policyName = DEFAULT_POLICY } = flags
  assertPolicyName(policyName)
  addressOf(flags)
  if (flags.engine === "restate" && (flags.prewarm !== undefined || flags.hedge !== undefined))
    throw new TrimtabError("usage", "--prewarm and --hedge are the worker's: give them to trimtab serve")
  const project = await loadProject({ file: configFile, cwd })
  const { workflow } = project
  const goal = goalOf(flags, workflow)
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    const order = { workflow, goal, estimator, limits: workspace.platform.limits }
    if (flags.bestEffort !== true) assertReachable(order)
    const policy = policyNamed(policyName, order)
    const here = flags.engine !== "restate"
    if (here) {
      rehearse(policy, workflow, goal)
      await workspace.deploy()
    }
    const input = await runInput({
      text: flags.input,
      configured: project.input,
      root: project.root,
      cwd,
      store: workspace.store,
    })
    const asked = { workspace, terminal, signal, goal, input, requestKey: flags.requestKey }
    const executed = here
      ? await executeRun({ ...asked, policy, prewarm: flags.prewarm, hedge: flags.hedge })
      : await executeOnRestate({ ...asked, policy: policyName, flags })
    terminal.result(executed.result, () => runText(executed, terminal))
    return exitCodeOfRun(executed.result)
  } finally {
    await workspace.close()
  }
}
