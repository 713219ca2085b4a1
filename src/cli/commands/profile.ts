import { rm } from "node:fs/promises"
import { join } from "node:path"
import { assertRunnable } from "../../workflow/unsupported.ts"
import { openWorkspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { campaignText, measure } from "../measure.ts"
import { runInput } from "../run-input.ts"

export interface ProfileFlags {
  readonly input?: string
  readonly fresh?: boolean
  readonly maxTime?: number
}

/** `trimtab profile`: measures the functions of the workflow on this platform. Resumes where it was cut off. */
export async function profile(
  { terminal, cwd, configFile, signal }: CommandContext,
  flags: ProfileFlags,
): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  assertRunnable(project.workflow)
  const workspace = await openWorkspace(project, terminal)
  try {
    if (flags.fresh === true) await rm(join(project.stateDir, "profiles"), { recursive: true, force: true })
    const { store } = workspace
    const input = await runInput({ text: flags.input, configured: project.input, root: project.root, cwd, store })
    const report = await measure({ workspace, terminal, input, maxMs: flags.maxTime, signal })
    terminal.result({ schemaVersion: 1, enforcement: workspace.platform.info.enforcement, ...report }, () =>
      campaignText(report),
    )
    return EXIT.ok
  } finally {
    await workspace.close()
  }
}
