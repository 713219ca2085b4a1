import type { Estimator } from "../estimation/estimator.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { importedOnly, offlineEstimator, openWorkspace } from "./composition.ts"
import type { Project } from "./config.ts"
import type { Terminal } from "./terminal.ts"
import { OFFLINE_LIMITS } from "./offline-limits.ts"

/** What a plan is made from. */
export interface PlanningSource {
  /** Whose prices and limits hold. */
  readonly platform: "local" | "aws-lambda"
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  close(): Promise<void>
}

/**
 * Estimates with the prices and limits of AWS Lambda, from profiles alone, where `offline` says so or all that was
 * measured was imported: then nothing is packaged or started. Else those of the local platform, where runs take place.
 */
export async function openPlanning(
  project: Project,
  terminal: Terminal,
  { offline }: { readonly offline: boolean },
): Promise<PlanningSource> {
  const alone = await offlineEstimator(project)
  if (offline || importedOnly(alone.profiles))
    return { platform: "aws-lambda", estimator: alone.estimator, limits: OFFLINE_LIMITS, close: async () => {} }
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    return { platform: "local", estimator, limits: workspace.platform.limits, close: () => workspace.close() }
  } catch (error) {
    await workspace.close()
    throw error
  }
}
