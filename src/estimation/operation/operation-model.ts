/**
 * Predicts functions that the platform has never run, from one local run (the basic operations of ConfigNavigator 3.1
 * with a physical law in place of its network): quota law with the platform's parameters, times a residual that was
 * learned from the training functions if it helps, times what observations of the function itself say (function-effects.ts), with the noise of
 * functions like it around.
 */
import { seededRandom } from "../../base/random.ts"
import type { OperationCounter, OperationProfile, OperationSource } from "../operation-profile.ts"
import { platformDemand } from "./demand.ts"
import { commonCounters, counterFeatures, localFeatures } from "./features.ts"
import {
  effectColumns,
  type EffectPoint,
  type EffectSpreads,
  learnSpreads,
  type ObservedError,
} from "./function-effects.ts"
import { learnNoise, type NoiseKey, type NoiseModel, noiseSd } from "./noise-model.ts"
import { fitPlatform, meanLog } from "./platform-fit.ts"
import { type CurveOptions, type PlatformParameters, quotaCurve } from "./quota-curve.ts"
import { type Demand, quotaLawMs } from "./quota-law.ts"
import { fitResidual, residualAt, type ResidualFit, type ResidualModel, type ResidualRow } from "./residual.ts"
import {
  assertLocalRun,
  assertSource,
  type MeasuredFunction,
  type OperationPlatform,
  periodAt,
  quotaCores,
  sourceOf,
  type TrainingSet,
  usableFunctions,
} from "./training-set.ts"

export interface OperationModel {
  readonly source: OperationSource
  readonly platform: OperationPlatform
  readonly parameters: PlatformParameters
  readonly counters: readonly OperationCounter[]
  readonly residual: ResidualModel
  readonly spreads: EffectSpreads
  readonly noise: NoiseModel
}

/** Starts over a period in a simulated prediction. */
const PHASES = 32
const SEED = 20_250_101

/**
 * Fits the model of one platform to functions measured on it. Throws where sources are mixed or no function is there.
 * 320 functions at 6 sizes: about 3 s, once per platform.
 */
export function fitOperationModel({ platform, functions }: TrainingSet): OperationModel {
  const set: TrainingSet = { platform, functions: usableFunctions(functions) }
  const source = sourceOf(set.functions)
  for (const { id, operations } of set.functions) assertLocalRun(operations, id)
  const parameters = fitPlatform(set)
  const counters = commonCounters(set.functions.map((one) => one.operations))
  const draft = { source, platform, parameters, counters }
  const measured = set.functions.map((one) => ({
    one,
    points: one.cells.map((cell) => pointAt(draft, one.operations, cell.memoryMB)),
  }))
  const residual = fitResidual(
    measured.map(({ one, points }) => ({
      id: one.id,
      rows: points.map(residualRow),
      errors: points.map((point, i) => meanLog(one.cells[i]!.warmMs) - point.logMs),
    })),
    SEED,
  )
  const noise = learnNoise(
    measured.flatMap(({ one, points }) =>
      points.map((point, i) => ({ key: point.noiseKey, logs: one.cells[i]!.warmMs.map(Math.log) })),
    ),
  )
  const spreads = learnSpreads(
    measured.map(({ one, points }) => observedErrors(one, points, { residual, noise })),
    seededRandom(SEED),
  )
  const { effects, trees, unseen } = residual
  return { ...draft, residual: { effects, trees, unseen }, noise, spreads }
}

function observedErrors(
  one: MeasuredFunction,
  points: readonly CurveAt[],
  { residual, noise }: { readonly residual: ResidualFit; readonly noise: NoiseModel },
): readonly ObservedError[] {
  const errors = residual.unseenErrors.get(one.id)!
  return points.map((point, i) => ({
    point: point.effect,
    error: errors[i]!,
    variance: noiseSd(noise, point.noiseKey) ** 2 / one.cells[i]!.warmMs.length,
  }))
}

/** What the law says of a function at one size, with all that the other parts of the model need. */
export interface CurveAt {
  readonly logMs: number
  readonly phaseSd: number
  readonly effect: EffectPoint
  readonly noiseKey: NoiseKey
  readonly features: readonly number[]
}

type Draft = Pick<OperationModel, "platform" | "parameters" | "counters">

/** The law of the model at one size; the residual is not in it. */
export function pointAt(model: Draft, profile: OperationProfile, memoryMB: number): CurveAt {
  const { platform, parameters } = model
  const quota = quotaCores(platform, memoryMB, profile.threads)
  const demand = platformDemand(profile, parameters, { cores: platform.cores, quotaCores: quota })
  const curve = quotaCurve(demand, { parameters, platform, phases: PHASES }, quota)
  const effect = effectPoint(demand, { parameters, platform, phases: PHASES }, quota)
  const waitShare = demand.waitMs / Math.max(1e-9, demand.waitMs + demand.cpuMs)
  const features = [
    Math.log(quota),
    curve.logMs,
    Math.log(Math.max(demand.cpuMs, 1e-2) / platform.periodMs),
    waitShare,
    demand.parallelShare,
    ...localFeatures(profile),
    ...counterFeatures(profile, model.counters),
  ]
  return { ...curve, effect, noiseKey: { waitShare, phaseSd: curve.phaseSd, features }, features }
}

const SLOPE_STEP = 0.05

/** Slopes of the closed law: those of the stairs say nothing beyond the next step. */
function effectPoint(demand: Demand, { parameters, platform }: CurveOptions, quota: number): EffectPoint {
  const law = { ...parameters, periodMs: periodAt(platform, quota), cores: platform.cores }
  const at = (cpu: number, wait: number): number =>
    Math.log(quotaLawMs({ ...demand, cpuMs: demand.cpuMs * cpu, waitMs: demand.waitMs * wait }, law, quota))
  const up = Math.exp(SLOPE_STEP)
  const slope = (high: number, low: number): number => (high - low) / (2 * SLOPE_STEP)
  return {
    logQuota: Math.log(quota),
    cpuSlope: slope(at(up, 1), at(1 / up, 1)),
    waitSlope: slope(at(1, up), at(1, 1 / up)),
  }
}

/** Mean of ln t of an unseen function: law and residual. */
export function logTimeAt(model: OperationModel, at: CurveAt): number {
  return at.logMs + residualAt(model.residual, residualRow(at))
}

/** Features of a point before those of the function. */
const POINT_FEATURES = 2

function residualRow({ features, effect }: CurveAt): ResidualRow {
  return { features, function: features.slice(POINT_FEATURES), columns: effectColumns(effect) }
}

/** Throws unless the profile can be asked of the model. */
export function assertProfile(model: OperationModel, profile: OperationProfile): void {
  assertSource(profile, model.source, "the function")
  assertLocalRun(profile, "the function")
}
