import type { FunctionModel, FunctionModelOptions } from "./function-model.ts"
import { fitMemoryFloor } from "./memory-floor.ts"
import type { OperationProfile } from "./operation-profile.ts"
import type { OperationObservation } from "./operation/operation-estimator.ts"
import type { OperationModel } from "./operation/operation-model.ts"
import { operationFunctionModel, type TransferOptions, transferredProfile } from "./operation/transferred-profile.ts"
import { memoriesOf } from "./cells.ts"
import { type Selection, selectSamples } from "./sample-selection.ts"

/** The operations of functions, and what they tell on the platform. */
export interface OperationSource {
  readonly model: OperationModel
  /** By function name. */
  readonly profiles: ReadonlyMap<string, OperationRun>
}

/** The profile of one local run. */
export interface OperationRun {
  readonly profile: OperationProfile
  /** Tasks that it did. */
  readonly tasks: number
}

/** A function that is known from its operations more than from its samples. */
export interface TransferredFunction {
  readonly functionModel: FunctionModel
  /** What the operation model says that samples would be: for the noise, never for what functions share. */
  readonly expected: Selection
}

/** From this many measured sizes on samples alone are better (estimation by a roofline). */
const MEASURED_MEMORIES = 4
/** Sizes that are predicted, MB; the platform's least and largest join them. */
const SIZES_MB = [128, 192, 256, 384, 512, 768, 1024, 1536, 1769, 2560, 3538] as const

/** Numbers of tasks that are predicted, in units of those of the local run; one task joins them. */
const WORKS = [1, 4] as const

/**
 * The model of a function from its operations and the few sizes it was measured at; undefined where it was measured
 * enough, or warm only with several processes, of which the operations tell nothing. Warm runs of other numbers of tasks
 * count as so many times the work of the local run.
 */
export function transferredFunction(
  selection: Selection,
  { model, profiles }: OperationSource,
  options: FunctionModelOptions & { readonly leastMemoryMB: number; readonly isSplit: boolean },
): TransferredFunction | undefined {
  const run = profiles.get(selection.functionName)
  const warm = selection.ok.filter((sample) => !sample.cold)
  if (run === undefined || memoriesOf(warm).length >= MEASURED_MEMORIES) return undefined
  const single = warm.filter(({ processes }) => processes === 1)
  if (warm.length > 0 && single.length === 0) return undefined
  const observations = single
    // A run that waited for the machine tells less than the law does.
    .filter(({ contended, enforced }) => !contended && enforced !== "none")
    .map(({ memoryMB, durationMs, tasks }): OperationObservation => ({
      memoryMB,
      ms: durationMs,
      work: tasks / run.tasks,
    }))
  const transfer: TransferOptions & FunctionModelOptions = {
    ...options,
    functionName: selection.functionName,
    memoryMB: sizesOf(options),
    tasks: run.tasks,
    counts: options.isSplit ? [...new Set([1, ...WORKS.map((work) => work * run.tasks)])] : [run.tasks],
    observations,
  }
  const profile = { ...run.profile, threads: options.threads }
  const functionModel = operationFunctionModel(model, profile, transfer)
  const floor = selection.ok.length > 0 ? fitMemoryFloor(selection, options.memoryStepMB) : functionModel.floor
  return {
    functionModel: { ...functionModel, floor },
    expected: selectSamples(transferredProfile(model, profile, transfer)),
  }
}

function sizesOf({
  leastMemoryMB,
  maxMemoryMB,
}: {
  readonly leastMemoryMB: number
  readonly maxMemoryMB: number
}): readonly number[] {
  const inside = SIZES_MB.filter((memoryMB) => memoryMB > leastMemoryMB && memoryMB < maxMemoryMB)
  return [leastMemoryMB, ...inside, ...(maxMemoryMB > leastMemoryMB ? [maxMemoryMB] : [])]
}
