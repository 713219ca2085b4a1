import { operationEstimator, type OperationEstimator } from "../../src/estimation/operation/operation-estimator.ts"
import { fitOperationModel, type OperationModel } from "../../src/estimation/operation/operation-model.ts"
import {
  type MeasuredFunction,
  type OperationPlatform,
  splitByFunction,
  type TrainingSet,
} from "../../src/estimation/operation/training-set.ts"
import type { MlpOptions } from "../../src/statistics/mlp.ts"
import { mean, median, sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { Bench, BenchResult } from "../bench.ts"
import type { FunctionSetData } from "./functions/data.ts"
import { newestFunctionSet } from "./functions/newest.ts"
import {
  halfAgainstHalf,
  memoryRows,
  mlpPredictor,
  momentsOfEstimator,
  percent,
  perfectModelErrors,
  type Predictor,
  round,
  scoresOf,
} from "./unseen/score.ts"
import { whereRows } from "./unseen/where.ts"

const SPLIT = { testShare: 0.2, seed: 20_251_122 }
const MOST_OBSERVATIONS = 4

export const bench: Bench = async () => {
  const data = newestFunctionSet("functions")
  if (data === null) return nothing("bench/estimation/data holds no functions-<date>.json: measure it first")
  const scored = scoreUnseen(data)
  const face = newestFunctionSet("face")
  return face === null ? scored : { ...scored, rows: [...scored.rows, ...faceRows(data, face)] }
}

const KEYS = [
  "unseenMapePct",
  "unseenP95MapePct",
  "unseenVarianceMapePct",
  "unseenSdMapePct",
  "unseenAfter3MapePct",
  "unseenMlpMapePct",
  "unseenMlpPublishedMapePct",
  "unseenNoisePct",
  "unseenFloorPct",
  "unseenPerfectPct",
] as const

function nothing(reason: string): BenchResult {
  return {
    summary: Object.fromEntries(KEYS.map((key) => [key, null])),
    reasons: Object.fromEntries(KEYS.map((key) => [key, reason])),
    rows: [],
  }
}

/**
 * Everything that is reported of functions never measured before; exported for a set without a machine. `training` is
 * how the networks are trained, as the paper does where absent.
 */
export function scoreUnseen(data: FunctionSetData, training?: MlpOptions): BenchResult {
  const { train, test } = splitByFunction(data.functions, SPLIT)
  const trainingSet: TrainingSet = { platform: data.platform, functions: train }
  const model = fitOperationModel(trainingSet)
  const predictors: Readonly<Record<string, Predictor>> = {
    "law, one local run": (one) => momentsOfEstimator(operationEstimator(model, one.operations)),
    "MLP repaired": mlpPredictor(train, "repaired", training),
    "MLP published": mlpPredictor(train, "published", training),
  }
  const scores = Object.fromEntries(
    Object.entries(predictors).map(([name, predictor]) => [name, scoresOf(test, predictor)]),
  )
  const floor = test.flatMap(halfAgainstHalf)
  const observed = observationRows(model, test)
  const own = scores["law, one local run"]!
  return {
    summary: {
      unseenMapePct: percent(own.map((score) => score.mean)),
      unseenP95MapePct: percent(own.map((score) => score.p95)),
      unseenVarianceMapePct: percent(own.map((score) => score.variance)),
      unseenSdMapePct: percent(own.map((score) => score.sd)),
      unseenAfter3MapePct: observed.find((row) => row.observations === 3)!.unobservedSizesPct,
      unseenMlpMapePct: percent(scores["MLP repaired"]!.map((score) => score.mean)),
      unseenMlpPublishedMapePct: percent(scores["MLP published"]!.map((score) => score.mean)),
      unseenNoisePct: percent(floor.map((score) => score.mean)),
      // Means of two halves differ by twice what the mean of all runs is off by.
      unseenFloorPct: percent(floor.map((score) => score.mean / 2)),
      unseenPerfectPct: percent(test.flatMap(perfectModelErrors)),
    },
    reasons: {},
    rows: [
      platformRow(model, { train: train.length, test: test.length, measuredAt: data.measuredAt }),
      ...Object.entries({ ...scores, "noise: half of the repeats": floor }).flatMap(([predictor, all]) =>
        memoryRows("unseen functions by memory (Fig. 8)", predictor, all),
      ),
      ...observed,
      ...whereRows(test, predictors["law, one local run"]!),
    ],
  }
}

interface ObservationRow {
  readonly table: string
  readonly observations: number
  readonly sizesMB: readonly number[]
  readonly allSizesPct: number
  readonly unobservedSizesPct: number
  readonly unobservedMedianPct: number
  readonly unobservedP90Pct: number
}

/**
 * One warm run per size, in the order a campaign takes: smallest, one core, a middle, largest, the rest. The run that
 * was observed is not among those that its prediction is compared with.
 */
function observationRows(model: OperationModel, test: readonly MeasuredFunction[]): readonly ObservationRow[] {
  return Array.from({ length: MOST_OBSERVATIONS + 1 }, (_unused, observations) => {
    const all: number[] = []
    const unobserved: number[] = []
    for (const one of test) {
      const sizes = campaignOrder(one, model.platform).slice(0, observations)
      const predict = momentsOfEstimator(observed(model, one, sizes))
      for (const { memoryMB, warmMs } of one.cells) {
        const error = Math.abs(predict(memoryMB).meanMs / mean(warmMs.slice(1)) - 1)
        all.push(error)
        if (!sizes.includes(memoryMB)) unobserved.push(error)
      }
    }
    return {
      table: "unseen functions after observed runs",
      observations,
      sizesMB: campaignOrder(test[0]!, model.platform).slice(0, observations),
      allSizesPct: percent(all),
      unobservedSizesPct: percent(unobserved),
      unobservedMedianPct: round(100 * median(unobserved)),
      unobservedP90Pct: round(100 * sampleQuantile(unobserved, 0.9)),
    }
  })
}

function observed(model: OperationModel, one: MeasuredFunction, sizes: readonly number[]): OperationEstimator {
  return sizes.reduce(
    (estimator, memoryMB) => {
      const cell = one.cells.find((candidate) => candidate.memoryMB === memoryMB)!
      return estimator.observe({ memoryMB, ms: cell.warmMs[0]! })
    },
    operationEstimator(model, one.operations),
  )
}

function campaignOrder(one: MeasuredFunction, platform: OperationPlatform): readonly number[] {
  const sizes = one.cells.map((cell) => cell.memoryMB).sort((a, b) => a - b)
  const oneCore = platform.mbPerVcpu / platform.vcpuScale
  const core = sizes.find((size) => size >= oneCore) ?? sizes.at(-1)!
  const below = sizes.filter((size) => size < core)
  const middle = below[below.length >> 1] ?? core
  return [...new Set([sizes[0]!, core, middle, sizes.at(-1)!, ...sizes])]
}

function platformRow(model: OperationModel, count: object): object {
  const { parameters, spreads, residual } = model
  return {
    table: "operation model of the platform",
    ...count,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, round(value)])),
    spreads: Object.fromEntries(Object.entries(spreads).map(([name, value]) => [name, round(value)])),
    errorInCrossValidationPct: Object.fromEntries(
      Object.entries(residual.unseen).map(([kind, error]) => [kind, round(100 * error)]),
    ),
    effectsUsed: residual.effects !== null,
    treesUsed: residual.trees !== null,
  }
}

/** ConfigNavigator, table 5: error of the mean in %, at 128, 256, 512, 1024, 2048 and 4096 MB. */
const TABLE_5: Readonly<Record<string, readonly number[]>> = {
  "face detection": [37.5, 29.7, 20.4, 17.6, 16.9, 12.3],
  beautification: [8.9, 7.3, 5.6, 5.8, 5.1, 3.9],
  restore: [27.8, 23.4, 15.6, 10.9, 12.7, 12.3],
  HD: [9.7, 9.5, 6.7, 4.3, 4.7, 3.9],
}

/** Functions of a pipeline, predicted by the model of the composed functions. */
export function faceRows(data: FunctionSetData, face: FunctionSetData): readonly object[] {
  const model = {
    ...fitOperationModel({ platform: data.platform, functions: data.functions }),
    platform: face.platform,
  }
  const rows = face.functions.flatMap((one) =>
    memoryRows(
      `face pipeline (table 5): ${one.id}`,
      "law, one local run",
      scoresOf([one], (other) => momentsOfEstimator(operationEstimator(model, other.operations))),
    ),
  )
  const paper = Object.entries(TABLE_5).map(([name, errors]) => ({
    table: "face pipeline (table 5): the paper",
    function: name,
    memoryMB: [128, 256, 512, 1024, 2048, 4096],
    meanPct: errors,
  }))
  return [...rows, ...paper]
}
