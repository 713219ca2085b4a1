import { silentLogger } from "../base/logger.ts"
import { seededRandom } from "../base/random.ts"
import { createEngine, type Engine } from "../engine/engine.ts"
import type { EngineEvent } from "../engine/events.ts"
import type { HedgeMode } from "../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../engine/prewarm-rule.ts"
import { volatileJournal } from "../engine/memory-journal.ts"
import type { Policy } from "../optimization/policy.ts"
import type { FaultPlan } from "../platforms/simulated/faults.ts"
import type { FunctionBehaviour } from "../platforms/simulated/function-behaviour.ts"
import type { PlatformParameters } from "../platforms/simulated/parameters.ts"
import { simulatedPlatform, type SimulatedPlatform } from "../platforms/simulated/simulated-platform.ts"
import type { Pricing } from "../pricing/pricing.ts"
import { memoryStore } from "../stores/memory-store.ts"
import { valuesOf } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Workflow } from "../workflow/workflow.ts"

export interface WorldOptions {
  readonly workflow: Workflow
  readonly parameters: PlatformParameters
  readonly behaviourOf: (functionName: string) => FunctionBehaviour
  readonly policyFor: (workflow: Workflow, goal: Goal) => Policy
  readonly seed: number
  readonly faults?: FaultPlan
  /** `newsvendor` by default. */
  readonly prewarm?: PrewarmRuleName
  /** `steps` by default. */
  readonly hedge?: HedgeMode
  readonly onEvent?: (event: EngineEvent) => void
  readonly pricing?: Pricing
  readonly keepOutputs?: boolean
}

/** The engine as it is, on a platform in virtual time. Everything is in memory, and nothing of a run outlives it. */
export interface World {
  readonly engine: Engine
  readonly platform: SimulatedPlatform
  close(): Promise<void>
}

/** Deploys every size that a step may take, and opens an engine on them. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { workflow, parameters, behaviourOf, policyFor, seed, faults, pricing, keepOutputs } = options
  const store = memoryStore()
  const platform = simulatedPlatform({
    parameters,
    seed,
    behaviourOf,
    store,
    // Nobody reads it, and what is kept for long is what makes garbage collection slow.
    logRecords: 0,
    ...(faults === undefined ? {} : { faults }),
    ...(pricing === undefined ? {} : { pricing }),
    ...(keepOutputs === undefined ? {} : { keepOutputs }),
  })
  await deployAll(workflow, platform)
  const engine = createEngine({
    journal: volatileJournal(),
    platform,
    store,
    policyFor,
    clock: platform.clock,
    random: seededRandom(seed),
    logger: silentLogger,
    ...(options.hedge === undefined ? {} : { hedge: options.hedge }),
    ...(options.prewarm === undefined ? {} : { prewarm: options.prewarm }),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  })
  return {
    engine,
    platform,
    close: async () => {
      await platform.clock.run(engine.close())
      await platform.close()
    },
  }
}

async function deployAll(workflow: Workflow, platform: SimulatedPlatform): Promise<void> {
  for (const { name, threads } of Object.values(workflow.functions)) {
    const steps = workflow.steps.filter((step) => step.function === name)
    const sizes = new Set(steps.flatMap((step) => sizesOf(step.configSpace.memoryMB, platform.limits)))
    const timeoutMs = Math.max(1, ...steps.map((step) => step.timeoutMs))
    const pkg = { functionName: name, directory: "", codeSha256: "simulated", threads }
    await platform.deploy(pkg, [...sizes], { timeoutMs, environment: {} })
  }
}

/** Sizes of the space that the platform offers. */
function sizesOf(range: Parameters<typeof valuesOf>[0], { memoryMB }: PlatformLimits): readonly number[] {
  return valuesOf(range).filter((size) => size >= memoryMB.min && size <= memoryMB.max)
}
