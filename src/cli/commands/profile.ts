import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import type { OperationSource } from "../../estimation/operation-profile.ts"
import { OPERATIONS_SUFFIX } from "../../profiling/operation-store.ts"
import { DEFAULT_RULE } from "../../profiling/next-measurement.ts"
import type { RegretRule } from "../../profiling/regret-phase.ts"
import type { ProfileStore } from "../../profiling/profile-store.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { openWorkspace } from "../composition.ts"
import { loadProject, type Project } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { campaignText, measure } from "../measure.ts"
import { countOperations } from "../operations.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import { regretLines } from "../regret-text.ts"
import { runInput } from "../run-input.ts"

export interface ProfileFlags extends GoalFlags {
  readonly input?: string
  readonly fresh?: boolean
  readonly untilRegret?: number
  readonly runs?: number
  readonly maxCost?: number
  readonly maxTime?: number
  readonly operations?: boolean
  readonly source?: OperationSource
}

/**
 * `trimtab profile`: measures the functions of the workflow on this platform; with `--operations` it only counts what one
 * local run of each does. Resumes where it was cut off.
 */
export async function profile(
  { terminal, cwd, configFile, signal }: CommandContext,
  flags: ProfileFlags,
): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const workspace = await openWorkspace(project, terminal)
  try {
    const { store } = workspace
    const input = await runInput({ text: flags.input, configured: project.input, root: project.root, cwd, store })
    if (flags.operations === true) {
      if (flags.fresh === true) await forgetOperations(project)
      return await countOperations({ workspace, terminal, input, signal, source: flags.source ?? "portable" })
    }
    const until = ruleOf(flags, project.workflow)
    if (flags.fresh === true) await forget(project, workspace.profiles)
    const budget = { maxMs: flags.maxTime, maxUsd: flags.maxCost }
    const report = await measure({ workspace, terminal, input, until, budget, signal })
    terminal.result({ schemaVersion: 1, enforcement: workspace.platform.info.enforcement, ...report }, () =>
      [campaignText(report), ...regretLines(report, until)].join("\n"),
    )
    return EXIT.ok
  } finally {
    await workspace.close()
  }
}

/** Until when it measures: for the goal of the flags or the workflow, or for deadlines that stand for any goal. */
function ruleOf(flags: ProfileFlags, workflow: Workflow): RegretRule {
  const hasGoal = flags.slo !== undefined || flags.budget !== undefined || workflow.goal !== undefined
  return {
    share: flags.untilRegret ?? DEFAULT_RULE.share,
    runs: flags.runs ?? DEFAULT_RULE.runs,
    ...(hasGoal ? { goals: [goalOf(flags, workflow)] } : {}),
  }
}

/** Removes from the profiles what campaigns and runs measured. What came from elsewhere stays: it cannot be measured again here. */
export async function forget({ stateDir, workflow }: Project, profiles: ProfileStore): Promise<void> {
  const kept = await Promise.all(
    Object.keys(workflow.functions).map(async (name) => {
      // A profile that cannot be read is what one begins anew for.
      const { samples } = await profiles.read(name).catch(() => ({ samples: [] }))
      return [name, samples.filter(({ source }) => source === "log" || source === "import")] as const
    }),
  )
  await removeFiles(stateDir, (file) => !file.endsWith(OPERATIONS_SUFFIX))
  for (const [name, samples] of kept) await profiles.append(name, samples)
}

/** Removes the local runs alone. */
async function forgetOperations({ stateDir }: Project): Promise<void> {
  await removeFiles(stateDir, (file) => file.endsWith(OPERATIONS_SUFFIX))
}

async function removeFiles(stateDir: string, isWanted: (file: string) => boolean): Promise<void> {
  const folder = join(stateDir, "profiles")
  // Nothing was ever measured where there is no folder.
  const files = await readdir(folder).catch(() => [])
  await Promise.all(files.filter(isWanted).map((file) => rm(join(folder, file), { recursive: true, force: true })))
}
