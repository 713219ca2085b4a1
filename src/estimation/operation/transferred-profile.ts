import { quantile } from "../../statistics/quantile-table.ts"
import { fitFunction, type FunctionModel, type FunctionModelOptions } from "../function-model.ts"
import type { OperationProfile } from "../operation-profile.ts"
import type { InstanceSample, Profile } from "../sample.ts"
import { selectSamples } from "../sample-selection.ts"
import { type OperationEstimator, operationEstimator, type OperationObservation } from "./operation-estimator.ts"
import type { OperationModel } from "./operation-model.ts"

export interface TransferOptions {
  readonly functionName: string
  /** Sizes to predict, MB, ascending. */
  readonly memoryMB: readonly number[]
  /** Tasks that the local run did. */
  readonly tasks: number
  /** Numbers of tasks of an instance to predict; that of the local run where absent. Work goes with them. */
  readonly counts?: readonly number[]
  /** Warm runs seen on the platform, if any. */
  readonly observations?: readonly OperationObservation[]
}

/** Levels at which a predicted distribution is drawn: seven samples with its median, spread and skew. */
const LEVELS = [0.07, 0.21, 0.36, 0.5, 0.64, 0.79, 0.93] as const
const MB = 2 ** 20

/**
 * What a campaign would have measured if the model were right: samples of a function that was never deployed, for
 * everything that reads profiles. They must not be stored nor pooled with measured ones. Sizes below the peak memory
 * of the local run come out as kills for memory.
 */
export function transferredProfile(
  model: OperationModel,
  profile: OperationProfile,
  options: TransferOptions,
): Profile {
  const estimator = operationEstimator(model, profile, options.observations)
  const peakMB = (profile.counters.peakMemoryBytes ?? 0) / MB
  const { counts = [options.tasks] } = options
  const samples = options.memoryMB.flatMap((memoryMB) =>
    counts.flatMap((tasks) =>
      memoryMB < peakMB
        ? [sampleOf(profile, { ms: 0, memoryMB, tasks, outcome: "out-of-memory" })]
        : timesAt(estimator, { memoryMB, work: tasks / options.tasks }).map((ms) =>
            sampleOf(profile, { ms, memoryMB, tasks, outcome: "ok" }),
          ),
    ),
  )
  return { functionName: options.functionName, samples }
}

/**
 * The model of a function that has a profile of its operations but no samples: the same curve, memory floor and noise
 * as of a profiled one, fitted to what the operation model predicts. `formSd` is the error of that prediction, so
 * intervals are as wide as the transfer is uncertain. Throws where no size has enough memory.
 */
export function operationFunctionModel(
  model: OperationModel,
  profile: OperationProfile,
  options: TransferOptions & FunctionModelOptions,
): FunctionModel {
  const fitted = fitFunction(selectSamples(transferredProfile(model, profile, options)), options)
  const estimator = operationEstimator(model, profile, options.observations)
  const errors = options.memoryMB.map((memoryMB) => estimator.predict(memoryMB).curveSd)
  return { ...fitted, formSd: Math.max(fitted.formSd, ...errors) }
}

function timesAt(
  estimator: OperationEstimator,
  { memoryMB, work }: { readonly memoryMB: number; readonly work: number },
): readonly number[] {
  const { times } = estimator.predict(memoryMB, work)
  return LEVELS.map((level) => quantile(times, level))
}

interface SampleAt {
  readonly ms: number
  readonly memoryMB: number
  readonly tasks: number
  readonly outcome: InstanceSample["outcome"]
}

/** The whole time counts as computing: the model does not tell transfers apart. */
function sampleOf(profile: OperationProfile, { ms, memoryMB, tasks, outcome }: SampleAt): InstanceSample {
  const peakMB = (profile.counters.peakMemoryBytes ?? 0) / MB
  return {
    kind: "instance",
    atMs: 0,
    source: "import",
    memoryMB,
    processes: 1,
    tasks,
    outcome,
    cold: false,
    initMs: 0,
    downloadMs: 0,
    computeMs: ms,
    uploadMs: 0,
    downloadBytes: 0,
    uploadBytes: 0,
    downloadObjects: 0,
    uploadObjects: 0,
    durationMs: ms,
    billedMs: Math.ceil(ms),
    maxMemoryUsedMB: Math.min(memoryMB, Math.ceil(peakMB)),
    peakProcessMB: peakMB,
    contended: false,
    enforced: "operation model",
    codeSha256: "",
  }
}
