import type { Distribution } from "../../statistics/distribution.ts"
import { mean as average } from "../../statistics/order-statistics.ts"
import { memoriesOf } from "../cells.ts"
import { fitCompute } from "../compute-fit.ts"
import { computeMs } from "../compute-model.ts"
import { type OperationProfile, withWork } from "../operation-profile.ts"
import { conditionEffects, type FunctionEffects, type ObservedError } from "./function-effects.ts"
import { noiseAround, noiseSd } from "./noise-model.ts"
import { assertProfile, type CurveAt, logTimeAt, type OperationModel, pointAt } from "./operation-model.ts"

/** One warm run of the function on the platform. */
export interface OperationObservation {
  readonly memoryMB: number
  readonly ms: number
  /** How many times the work of the local run it did: more tasks, or fewer. 1 where absent. */
  readonly work?: number
}

export interface OperationPrediction {
  /** How the times of runs spread at this size. */
  readonly times: Distribution
  /** Sd of ln of what is wrong with all of them together: the error of the curve. */
  readonly curveSd: number
}

/** Knows one function as far as its local run and the runs observed so far tell. Immutable. */
export interface OperationEstimator {
  readonly observations: readonly OperationObservation[]
  /** `work`: how many times that of the local run, 1 where absent. */
  predict(memoryMB: number, work?: number): OperationPrediction
  /** The estimator that has seen one more run. */
  observe(observation: OperationObservation): OperationEstimator
}

/** Variance that each run since adds to an observation: functions and their inputs change. */
const PROCESS_NOISE = 1e-4

/**
 * The estimator of a function that was never measured on the model's platform. Every observation sharpens it; from
 * four memory sizes on the roofline of compute-fit.ts joins in. Throws where the profile's source is not the model's.
 */
export function operationEstimator(
  model: OperationModel,
  profile: OperationProfile,
  observations: readonly OperationObservation[] = [],
): OperationEstimator {
  assertProfile(model, profile)
  const usable = observations.filter(({ ms, memoryMB }) => ms > 0 && Number.isFinite(ms) && memoryMB > 0)
  const curve = curveOf(model, profile)
  const errors = usable.map((one, i) =>
    observedError(model, curve(one.memoryMB, one.work), { ms: one.ms, age: usable.length - 1 - i }),
  )
  const effects = conditionEffects(model.spreads, errors)
  const sameWork = usable.filter(({ work = 1 }) => work === 1)
  const handOver = memoriesOf(sameWork).length >= HAND_OVER_MEMORIES
  const known: Known = {
    effects,
    leftOutSd: handOver ? leftOutSd(model, usable, errors) : 0,
    roofline: handOver ? fitRoofline(model, sameWork) : null,
  }
  return {
    observations: usable,
    predict: (memoryMB, work = 1) =>
      predictAt(model, curve(memoryMB, work), {
        ...known,
        roofline: work === 1 ? known.roofline : null,
        memoryMB,
      }),
    observe: (observation) => operationEstimator(model, profile, [...usable, observation]),
  }
}

function observedError(
  model: OperationModel,
  at: CurveAt,
  run: { readonly ms: number; readonly age: number },
): ObservedError {
  return {
    point: at.effect,
    error: Math.log(run.ms) - logTimeAt(model, at),
    variance: noiseSd(model.noise, at.noiseKey) ** 2 + model.spreads.cell ** 2 + PROCESS_NOISE * run.age,
  }
}

interface Known {
  readonly effects: FunctionEffects
  /** Root mean square error at observed sizes that were left out; 0 before the roofline has its say. */
  readonly leftOutSd: number
  readonly roofline: Roofline | null
}

function predictAt(
  model: OperationModel,
  at: CurveAt,
  known: Known & { readonly memoryMB: number },
): OperationPrediction {
  const { mean, sd } = known.effects.at(at.effect)
  const own = { logMs: logTimeAt(model, at) + mean, sd: Math.max(known.leftOutSd, Math.hypot(sd, model.spreads.cell)) }
  const { logMs, sd: curveSd } = known.roofline === null ? own : pooled(own, known.roofline.at(known.memoryMB))
  return { times: noiseAround(model.noise, at.noiseKey, logMs), curveSd }
}

function leftOutSd(
  model: OperationModel,
  observations: readonly OperationObservation[],
  errors: readonly ObservedError[],
): number {
  const left = memoriesOf(observations).map((memoryMB) => {
    const isHere = (_error: ObservedError, i: number): boolean => observations[i]!.memoryMB === memoryMB
    const here = errors.filter(isHere)
    const others = conditionEffects(
      model.spreads,
      errors.filter((error, i) => !isHere(error, i)),
    )
    return average(here.map((one) => one.error - others.at(one.point).mean))
  })
  return rootMeanSquare(left)
}

interface LogTime {
  readonly logMs: number
  readonly sd: number
}

interface Roofline {
  at(memoryMB: number): LogTime
}

/** The roofline takes part from this many sizes on. */
const HAND_OVER_MEMORIES = 4

/** Fitted to the observations alone; its error is that of sizes left out in turn. */
function fitRoofline({ platform }: OperationModel, observations: readonly OperationObservation[]): Roofline {
  const mbPerVcpu = platform.mbPerVcpu / platform.vcpuScale
  const options = { kind: "multi" as const, mbPerVcpu, maxMemoryMB: platform.cores * mbPerVcpu }
  const cells = observations.map((one) => ({ ...one, processes: 1, tasks: 1, cold: false, weight: 1 }))
  const fit = (some: typeof cells): ((memoryMB: number) => number) => {
    const { parameters } = fitCompute(some, options)
    return (memoryMB) => Math.log(computeMs(parameters, { memoryMB, processes: 1, tasks: 1 }))
  }
  const left = memoriesOf(observations).map((memory) => {
    const at = fit(cells.filter((cell) => cell.memoryMB !== memory))(memory)
    return average(cells.filter((cell) => cell.memoryMB === memory).map((cell) => Math.log(cell.ms) - at))
  })
  const sd = Math.max(LEAST_ROOFLINE_SD, rootMeanSquare(left))
  const whole = fit(cells)
  return { at: (memoryMB) => ({ logMs: whole(memoryMB), sd }) }
}

const LEAST_ROOFLINE_SD = 0.01

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(average(values.map((value) => value * value)))
}

/** Two opinions, the one with the smaller error far ahead: errors at a few sizes left out tell little by themselves. */
function pooled(a: LogTime, b: LogTime): LogTime {
  const weight = b.sd ** 4 / (a.sd ** 4 + b.sd ** 4)
  return { logMs: weight * a.logMs + (1 - weight) * b.logMs, sd: Math.min(a.sd, b.sd) }
}

/** What the law says by size and work, each looked at once. */
function curveOf(model: OperationModel, profile: OperationProfile): (memoryMB: number, work?: number) => CurveAt {
  const known = new Map<string, CurveAt>()
  return (memoryMB, work = 1) => {
    const key = `${memoryMB}/${work}`
    const found = known.get(key)
    if (found !== undefined) return found
    const value = pointAt(model, withWork(profile, work), memoryMB)
    known.set(key, value)
    return value
  }
}
