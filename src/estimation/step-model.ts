import type { Distribution } from "../statistics/distribution.ts"
import { DEFAULT_XI, fromQuantiles, momentsOf, quantile } from "../statistics/quantile-table.ts"
import { type Corrections, corrected, widened } from "../statistics/conformal.ts"
import type { InitModel } from "./cold-start.ts"
import type { FormError } from "./form-error.ts"
import type { FunctionModel } from "./function-model.ts"
import type { MappingDelayModel } from "./mapping-delay-model.ts"
import { slowestFactor } from "./noise.ts"
import type { PartMemo } from "./part-memo.ts"
import { type StepFactors, stretched } from "./step-forecasts.ts"
import type { StepSpread } from "./step-spread.ts"
import type { Direction, TransferModel } from "./transfer-model.ts"

/** What steps are predicted from: the function's own models and those of the platform it runs on. */
export interface StepModel {
  readonly functionModel: FunctionModel
  readonly init: InitModel
  readonly noise: Distribution
  /** Error of the compute curve at configurations that it was not fitted on. */
  readonly form: FormError
  readonly download: TransferModel
  readonly upload: TransferModel
  readonly mappingDelay: MappingDelayModel
  /** CPU work of a cold instance's first call in all its parts, ms on one vCPU. */
  readonly coldWorkMs: number
  readonly timeoutMs: number
  /** True where compute is known from the function's operations, not from enough sizes of its own. */
  readonly transferred: boolean
  /** What the instances of one step have in common, and how unequal their tasks are. */
  readonly spread: StepSpread
  /** Probability by which levels are read further out after an alarm: .02, else 0. */
  readonly widenBy: number
  /** Held-out corrections of ln t at the seven levels, where enough configurations were left out. */
  readonly corrections?: Corrections
  /** What earlier predictions of its steps ask for: factors on the distance from the median. */
  readonly online?: StepFactors
  /** Factors on the compute curve by instances and tasks; filled as they are asked for. */
  readonly factors: Map<number, Factor>
  readonly memo: PartMemo
}

/** Instances that run the most tasks when all run n: the slowest of these decides. */
export function slowestOf(tasks: number, tasksPerInstance: number): number {
  return Math.max(1, Math.floor(tasks / Math.max(1, tasksPerInstance)))
}

/** A factor on a median curve. */
export interface Factor {
  /** With what earlier predictions of whole steps ask for; the moments and P99, of one instance, are without. */
  readonly distribution: Distribution
  readonly mean: number
  readonly sd: number
  readonly p99: number
}

/** Factor on the compute curve for the slowest of `instances`, each with `tasks` tasks. */
export function factorOf(model: StepModel, instances: number, tasks: number = 1): Factor {
  // Without unequal tasks their count does not matter.
  const key = model.spread.taskSd > 0 && instances > 1 ? instances + 65_536 * tasks : instances
  const known = model.factors.get(key)
  if (known !== undefined) return known
  const raw = distributionOf(model, instances, tasks)
  const factor = lazyFactor(raw, stretched(raw, model.online?.warm))
  model.factors.set(key, factor)
  return factor
}

function distributionOf(model: StepModel, instances: number, tasks: number): Distribution {
  const unevenSd = instances > 1 ? model.spread.taskSd / Math.sqrt(Math.max(1, tasks)) : 0
  const { commonShare } = model.spread
  const raw = slowestFactor(model.noise, model.form, { instances, commonShare, unevenSd })
  return widened(model.corrections === undefined ? raw : corrected(raw, model.corrections), model.widenBy)
}

/** Only the factor of one instance is ever asked for its moments. */
function lazyFactor(raw: Distribution, distribution: Distribution): Factor {
  let moments: ReturnType<typeof momentsOf> | undefined
  return {
    distribution,
    get mean() {
      return (moments ??= momentsOf(raw)).mean
    },
    get sd() {
      return (moments ??= momentsOf(raw)).sd
    },
    p99: quantile(raw, 0.99),
  }
}

export interface InstancePoint {
  readonly memoryMB: number
  readonly processes: number
  /** Tasks of this instance. */
  readonly tasks: number
}

/** Median of compute and of what an invocation takes around its parts, ms. */
export function computeMedianMs(model: StepModel, point: InstancePoint): number {
  return Math.max(1e-3, model.functionModel.curve.ms(point) + model.functionModel.overheadMs(point.memoryMB))
}

export interface TransferPoint {
  readonly memoryMB: number
  readonly tasks: number
  /** Bytes of this instance; the profile's where absent. */
  readonly bytes?: number
}

/** Seven quantiles of the transfer of one instance, ms. */
export function transferQuantiles(model: StepModel, direction: Direction, point: TransferPoint): number[] {
  const own = model.functionModel[direction].volume(point.tasks)
  return model[direction].quantilesMs(point.memoryMB, { objects: own.objects, bytes: point.bytes ?? own.bytes })
}

/** The distribution with these quantiles; transfers have moderate tails. */
export function transferTable(quantiles: readonly number[]): Distribution {
  return fromQuantiles(quantiles, { xi: DEFAULT_XI, fromP: 0.99 })
}

/** What a cold instance's first call takes longer at that size, ms. */
export function coldExtraMs(model: StepModel, memoryMB: number): number {
  return model.coldWorkMs / Math.min(1, memoryMB / model.functionModel.compute.mbPerVcpu)
}

/** Mean billed init of a cold instance: init and the extra work of its first call, ms. */
export function coldBilledMs(model: StepModel, memoryMB: number): number {
  return model.init.meanMs(memoryMB) + coldExtraMs(model, memoryMB)
}

/** Processes that really run, and so what the memory floor is about. */
export function busyProcesses(point: InstancePoint): number {
  return Math.min(point.processes, Math.max(1, point.tasks))
}

/** The longest median compute time at which P(T > 0.9 timeout) is at most 1 % for one instance, ms. */
export function longestComputeMs(model: StepModel, transferMs: number): number {
  return longestCompute(model)(transferMs)
}

/** The same for many transfers. */
export function longestCompute(model: StepModel): (transferMs: number) => number {
  const { p99 } = factorOf(model, 1)
  const most = 0.9 * model.timeoutMs
  return (transferMs) => (most - transferMs) / p99
}
