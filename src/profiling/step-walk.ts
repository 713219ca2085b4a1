import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { Random } from "../base/random.ts"
import type { FunctionPackage, Platform } from "../platforms/platform.ts"
import type { Store } from "../stores/store.ts"
import { isWanted } from "../workflow/condition.ts"
import { mappedTasks, stepInput } from "../workflow/tasks.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"
import type { BenchParts, StepBench } from "./bench.ts"
import { ofCode } from "./known.ts"
import { type CampaignProgress, ledgerOf } from "./ledger.ts"
import type { ProfileStore } from "./profile-store.ts"
import { runStep, type StepWork } from "./run-step.ts"
import { readStepData, type StepData, writeStepData } from "./step-data.ts"

/** What every walk through the steps of a workflow needs: functions are measured on what its input becomes. */
export interface WalkOptions {
  readonly workflow: Workflow
  readonly platform: Platform
  readonly store: Store
  /** By function name. */
  readonly packages: ReadonlyMap<string, FunctionPackage>
  /** Environment of the deployed functions: at least what tells the wrapper its store. */
  readonly environment: Readonly<Record<string, string>>
  /** Input of the workflow. */
  readonly input: Json
  readonly profiles: ProfileStore
  readonly onProgress?: (progress: CampaignProgress) => void
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly random: Random
}

/** What the benches of one walk share, with a new ledger. */
export function benchParts(options: WalkOptions): BenchParts {
  const { platform, store, clock, signal, profiles, environment, random } = options
  const ledger = ledgerOf(platform, clock)
  return {
    place: { platform, store, clock, signal },
    ledger,
    profiles,
    environment,
    random,
    counts: { repeated: 0, failures: 0, samples: 0 },
    tell: (doing) => options.onProgress?.(ledger.progress(doing)),
  }
}

export interface DataRequest {
  /** Of `dataKeys`. */
  readonly key: string
  readonly work: StepWork
  readonly options: WalkOptions
}

/**
 * What the next step of a walk is run on, given the outputs of the steps that ran; null for one that does not run with
 * this input. As the engine decides it.
 */
export function workOf(step: Step, outputs: ReadonlyMap<string, Json>, input: Json): StepWork | null {
  if (!isWanted(step, (name) => outputs.get(name))) return null
  const skipped = new Set(step.after.filter((parent) => !outputs.has(parent)))
  const mapped = step.map === undefined ? null : mappedTasks(step, step.map, outputs.get(step.map.step))
  return { input: stepInput(step, outputs, input, skipped), mapped }
}

/**
 * Tasks and output of a step: kept from an earlier walk if that left samples of the present code, or by running it as a
 * whole. Throws what `runStep` throws.
 */
export async function knownStepData(bench: StepBench, { key, work, options }: DataRequest): Promise<StepData> {
  const { store, signal } = options
  const kept = await readStepData(store, key, signal)
  const samples = ofCode(bench.samples, bench.pkg.codeSha256)
  if (kept !== null && samples.some((sample) => sample.outcome === "ok")) return kept
  const data = await runStep(bench, work)
  await writeStepData(store, key, data, signal)
  return data
}

/** The package of a step's function. @throws TrimtabError `packaging` without one */
export function packageOf({ packages }: Pick<WalkOptions, "packages">, step: Step): FunctionPackage {
  const pkg = packages.get(step.function)
  if (pkg !== undefined) return pkg
  throw new TrimtabError("packaging", `function ${step.function} of step ${step.name} has no package`, {
    where: step.function,
  })
}
