import type { Estimator } from "../../estimation/estimator.ts"
import type { Policy } from "../../optimization/policy.ts"
import { staticPolicy } from "../../optimization/static-policy.ts"
import { stepConf } from "../../optimization/stepconf/step-conf.ts"
import { stepConfPlanner } from "../../optimization/stepconf/step-conf-planner.ts"
import { runTable } from "../../report/run-table.ts"
import type { Goal } from "../../workflow/goal.ts"
import { openWorkspace, type Workspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import { executeRun, exitCodeOfRun } from "../execute.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import type { CommandContext } from "../main.ts"
import { problemOf, rehearse, unreachable } from "../planning.ts"
import { runInput } from "../run-input.ts"

export interface RunFlags extends GoalFlags {
  readonly input?: string
  readonly bestEffort?: boolean
  readonly static?: boolean
  readonly requestKey?: string
}

/**
 * `trimtab run`: executes the workflow, deciding again before each step. An impossible goal is refused before the
 * first invocation (exit 3) unless --best-effort.
 */
export async function run(context: CommandContext, flags: RunFlags): Promise<number> {
  const { terminal, cwd, configFile, signal } = context
  const project = await loadProject({ file: configFile, cwd })
  const { workflow } = project
  const goal = goalOf(flags, workflow)
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    const policy = policyOf({ flags, goal, estimator, workspace })
    rehearse(policy, workflow, goal)
    await workspace.deploy()
    const input = await runInput({
      text: flags.input,
      configured: project.input,
      root: project.root,
      cwd,
      store: workspace.store,
    })
    const { result, page } = await executeRun({
      workspace,
      terminal,
      signal,
      goal,
      input,
      policy,
      requestKey: flags.requestKey,
    })
    terminal.result(
      result,
      () => `${runTable(result, { width: terminal.width, color: terminal.color })}\n\nreport: ${page}`,
    )
    return exitCodeOfRun(result)
  } finally {
    await workspace.close()
  }
}

/** Checks before the first invocation that the goal can be met, and gives the policy of the run. */
function policyOf(options: { flags: RunFlags; goal: Goal; estimator: Estimator; workspace: Workspace }): Policy {
  const { flags, goal, estimator, workspace } = options
  const { limits } = workspace.platform
  const { workflow } = workspace.project
  const planned = stepConfPlanner().plan(problemOf({ workflow, goal, estimator, limits }))
  if (!planned.feasible && flags.bestEffort !== true) throw unreachable(goal, planned)
  if (flags.static !== true) return stepConf({ estimator, limits })
  return staticPolicy(planned.feasible ? planned.plan : planned.fastest.plan, estimator)
}
