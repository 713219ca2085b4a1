import { TrimtabError } from "../base/errors.ts"
import type { Rates } from "../estimation/compile.ts"
import { awsLambdaPricing } from "../pricing/aws-lambda.ts"
import type { SizeCurve } from "../tuner/adjustment/size-curve.ts"
import type { ObservedPipeline } from "../tuner/observation.ts"
import { type CurveInputs, profileCurves } from "../tuner/profile-curves.ts"
import type { ConfigSpace } from "../workflow/config.ts"
import { learnOperations } from "./operations.ts"
import { estimatorInputs, importedOnly, offlineInputs, openWorkspace, type Workspace } from "./composition.ts"
import type { Project } from "./config.ts"
import type { Terminal } from "./terminal.ts"

/** What the tuner knows functions by. */
export interface TuningSource {
  readonly rates: Rates
  readonly curvesOf: (pipeline: ObservedPipeline) => Promise<ReadonlyMap<string, SizeCurve>>
  /** Profiles new functions of the project by one local run each. */
  readonly learn: (functionNames: readonly string[]) => Promise<void>
  close(): Promise<void>
}

export interface TuningSourceOptions {
  readonly project: Project
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** Profiles alone: nothing is packaged or started, and nothing new is profiled. */
  readonly offline: boolean
}

/**
 * Curves of functions from the project's profiles and operation profiles. Where something was measured on this machine its
 * local platform tells limits and profiles new functions; else those of AWS Lambda hold.
 */
export async function openTuning(options: TuningSourceOptions): Promise<TuningSource> {
  const { project, terminal, signal } = options
  const { usdPerGbSecond, usdPerRequest } = awsLambdaPricing()
  const rates = { usdPerGbSecond, usdPerRequest }
  const alone = await offlineInputs(project)
  // Only a project with code of its own has anything to run here.
  const isOffline = options.offline || importedOnly(alone.profiles) || isEmpty(alone)
  let workspace: Workspace | null = null
  if (!isOffline) workspace = await openWorkspace(project, terminal)
  const curves = profileCurves()
  const inputs = async (): Promise<CurveInputs> => ({
    ...(workspace === null ? await offlineInputs(project) : await estimatorInputs(workspace)),
    rates,
    sizesOf: (name) => spaceOf(project, name)?.memoryMB,
    threadsOf: (name) => project.workflow.functions[name]?.threads,
  })
  curves.prepare(Object.keys(project.workflow.functions), await inputs())
  return {
    rates,
    curvesOf: async (pipeline) => curves.of(pipeline, await inputs()),
    learn: async (names) => {
      const own = names.filter((name) => Object.hasOwn(project.workflow.functions, name))
      const foreign = names.filter((name) => !own.includes(name))
      if (foreign.length > 0 || workspace === null)
        terminal.warn(
          `nothing is known of ${(workspace === null ? names : foreign).join(", ")}: its size is left as it is; add its measurements with trimtab profile import, or run trimtab profile --operations`,
        )
      if (own.length === 0 || workspace === null) return
      try {
        await learnOperations({ workspace, terminal, signal })
      } catch (error) {
        if (!(error instanceof TrimtabError) || signal.aborted) throw error
        terminal.warn(`${own.join(", ")} cannot be profiled, and keeps its size: ${error.message}`)
      }
    },
    close: async () => await workspace?.close(),
  }
}

function isEmpty({ profiles, operations }: Awaited<ReturnType<typeof offlineInputs>>): boolean {
  return [...profiles.values()].every(({ samples }) => samples.length === 0) && operations.profiles.size === 0
}

/** The space of a step that calls the function, where the project has one. */
function spaceOf({ workflow }: Project, functionName: string): ConfigSpace | undefined {
  return workflow.steps.find((step) => step.function === functionName)?.configSpace
}
