import {
  type MlpPreset,
  fitMlpModel,
  type MlpModelOptions,
  momentsOfRuns,
  type TimeMoments,
} from "../../../src/estimation/operation/mlp-model.ts"
import type { OperationEstimator } from "../../../src/estimation/operation/operation-estimator.ts"
import type { MeasuredFunction } from "../../../src/estimation/operation/training-set.ts"
import { mean, median, sampleQuantile } from "../../../src/statistics/order-statistics.ts"
import { momentsOf, quantile } from "../../../src/statistics/quantile-table.ts"

/** What one predictor says of one function at a memory size. */
export type Predictor = (one: MeasuredFunction) => (memoryMB: number) => TimeMoments

export function momentsOfEstimator(estimator: OperationEstimator): (memoryMB: number) => TimeMoments {
  return (memoryMB) => {
    const { times } = estimator.predict(memoryMB)
    const { mean: meanMs, sd } = momentsOf(times)
    return { meanMs, p95Ms: quantile(times, 0.95), variance: sd * sd }
  }
}

export function mlpPredictor(
  train: readonly MeasuredFunction[],
  preset: MlpPreset,
  training: MlpModelOptions["training"],
): Predictor {
  const model = fitMlpModel(train, { preset, seed: MLP_SEED, ...(training !== undefined && { training }) })
  return (one) => (memoryMB) => model.predict(one.operations, memoryMB)
}

const MLP_SEED = 1

/** Relative errors at one cell. */
export interface Score {
  readonly memoryMB: number
  readonly mean: number
  readonly p95: number
  readonly variance: number
  readonly sd: number
}

export function scoresOf(functions: readonly MeasuredFunction[], predictor: Predictor): readonly Score[] {
  return functions.flatMap((one) => {
    const predict = predictor(one)
    return one.cells.map(({ memoryMB, warmMs }) => scoreOf(memoryMB, predict(memoryMB), momentsOfRuns(warmMs)))
  })
}

function scoreOf(memoryMB: number, predicted: TimeMoments, truth: TimeMoments): Score {
  const error = (value: number, right: number): number => Math.abs(value / right - 1)
  return {
    memoryMB,
    mean: error(predicted.meanMs, truth.meanMs),
    p95: error(predicted.p95Ms, truth.p95Ms),
    variance: error(predicted.variance, truth.variance),
    sd: error(Math.sqrt(predicted.variance), Math.sqrt(truth.variance)),
  }
}

/** Every second repeat predicts the others: what is left is noise, of both halves. */
export function halfAgainstHalf(one: MeasuredFunction): readonly Score[] {
  return one.cells.map(({ memoryMB, warmMs }) => {
    const [even, odd] = [0, 1].map((rest) => momentsOfRuns(warmMs.filter((_ms, i) => i % 2 === rest)))
    return scoreOf(memoryMB, even!, odd!)
  })
}

/** Runs that the local profile is the median of. */
const LOCAL_RUNS = 3

/**
 * What a model without any error would be off by, at each cell: its local run is the median of three, spread like three
 * runs of the largest size (the first, the middle and the last, so that they are apart in time) against the mean of
 * all there; and the cell's own mean is off by half of what its halves differ by. At least that: the three are among
 * those that they are compared with, and the time between the local run and the cells adds more.
 */
export function perfectModelErrors(one: MeasuredFunction): readonly number[] {
  const largest = one.cells.reduce((a, b) => (b.memoryMB > a.memoryMB ? b : a))
  const runs = largest.warmMs
  if (runs.length < LOCAL_RUNS) return []
  const local = median([runs[0]!, runs[runs.length >> 1]!, runs.at(-1)!])
  const ofLocal = Math.log(local / mean(runs))
  return one.cells.map(({ warmMs }) => {
    const [even, odd] = [0, 1].map((rest) => mean(warmMs.filter((_ms, i) => i % 2 === rest)))
    return Math.abs(Math.expm1(ofLocal + Math.log(even! / odd!) / 2))
  })
}

export function memoryRows(table: string, predictor: string, scores: readonly Score[]): readonly object[] {
  const row = (memoryMB: number | "all", some: readonly Score[]): object => ({
    table,
    predictor,
    memoryMB,
    cells: some.length,
    meanPct: percent(some.map((score) => score.mean)),
    meanMedianPct: round(100 * median(some.map((score) => score.mean))),
    meanP90Pct: round(
      100 *
        sampleQuantile(
          some.map((score) => score.mean),
          0.9,
        ),
    ),
    p95Pct: percent(some.map((score) => score.p95)),
    variancePct: percent(some.map((score) => score.variance)),
    varianceMedianPct: round(100 * median(some.map((score) => score.variance))),
    sdPct: percent(some.map((score) => score.sd)),
  })
  const memories = [...new Set(scores.map((score) => score.memoryMB))].sort((a, b) => a - b)
  return [
    row("all", scores),
    ...memories.map((memoryMB) =>
      row(
        memoryMB,
        scores.filter((score) => score.memoryMB === memoryMB),
      ),
    ),
  ]
}

export function percent(errors: readonly number[]): number {
  return round(100 * mean(errors))
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
