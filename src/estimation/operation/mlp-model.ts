import { seededRandom } from "../../base/random.ts"
import { type Mlp, type MlpOptions, mlpValues, PAPER_MLP, trainMlp } from "../../statistics/mlp.ts"
import { mean } from "../../statistics/order-statistics.ts"
import type { OperationCounter, OperationProfile } from "../operation-profile.ts"
import { commonCounters, counterFeatures, cpuFeatures, localFeatures } from "./features.ts"
import { assertSource, type MeasuredFunction, sourceOf } from "./training-set.ts"

/**
 * The model of ConfigNavigator (section 3.1): one network for mean and p95, one for the variance, on operation counts
 * and memory. `published` reads it literally: targets in ms, squared error, counters alone. `repaired` predicts
 * logarithms, adds the times of the local run, and averages five networks.
 */
export type MlpPreset = "published" | "repaired"

export interface TimeMoments {
  readonly meanMs: number
  readonly p95Ms: number
  /** ms^2. */
  readonly variance: number
}

export interface MlpModel {
  /** Throws where the profile's source or counters are not those of the training set. */
  predict(profile: OperationProfile, memoryMB: number): TimeMoments
}

export interface MlpModelOptions {
  readonly preset: MlpPreset
  readonly seed: number
  readonly training?: MlpOptions
}

const NETS: Readonly<Record<MlpPreset, number>> = { published: 1, repaired: 5 }
/** Variances below this are timer noise, ms^2. */
const LEAST_VARIANCE = 1e-4

/** Trains the networks on every cell of two or more runs; 1,920 cells take about 2 s a network. */
export function fitMlpModel(functions: readonly MeasuredFunction[], options: MlpModelOptions): MlpModel {
  const source = sourceOf(functions)
  const counters = commonCounters(functions.map((one) => one.operations))
  const inLogs = options.preset === "repaired"
  const cells = functions.flatMap((one) =>
    one.cells.filter((cell) => cell.warmMs.length > 1).map((cell) => ({ ...cell, profile: one.operations })),
  )
  const features = (profile: OperationProfile, memoryMB: number): readonly number[] =>
    featuresOf(profile, { memoryMB, counters, preset: options.preset })
  const inputs = scalerOf(cells.map((cell) => features(cell.profile, cell.memoryMB)))
  const moments = cells.map((cell) => momentsOfRuns(cell.warmMs))
  const encode = (value: number): number => (inLogs ? Math.log(value) : value)
  const data = { rows: cells.map((cell) => inputs.scale(features(cell.profile, cell.memoryMB))), options }
  const times = ensemble(
    data,
    moments.map((one) => [encode(one.meanMs), encode(one.p95Ms)]),
  )
  const spread = ensemble(
    data,
    moments.map((one) => [encode(one.variance)]),
  )
  return {
    predict: (profile, memoryMB) => {
      assertSource(profile, source, "the function")
      const row = inputs.scale(features(profile, memoryMB))
      const decode = (value: number): number => (inLogs ? Math.exp(value) : Math.max(0, value))
      const [meanMs = 0, p95Ms = 0] = times(row).map(decode)
      return { meanMs, p95Ms, variance: decode(spread(row)[0]!) }
    },
  }
}

/** Moments of repeated runs, ms; p95 is median-unbiased (type 8 of Hyndman and Fan), at most the longest run. */
export function momentsOfRuns(warmMs: readonly number[]): TimeMoments {
  const meanMs = mean(warmMs)
  const squares = warmMs.reduce((sum, ms) => sum + (ms - meanMs) ** 2, 0)
  return {
    meanMs,
    p95Ms: unbiasedQuantile(warmMs, 0.95),
    variance: Math.max(LEAST_VARIANCE, squares / Math.max(1, warmMs.length - 1)),
  }
}

function unbiasedQuantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = Math.min(sorted.length, Math.max(1, (sorted.length + 1 / 3) * p + 1 / 3)) - 1
  const low = sorted[Math.floor(at)]!
  return low + (at - Math.floor(at)) * ((sorted[Math.floor(at) + 1] ?? low) - low)
}

function featuresOf(
  profile: OperationProfile,
  at: {
    readonly memoryMB: number
    readonly counters: readonly OperationCounter[]
    readonly preset: MlpPreset
  },
): readonly number[] {
  const counts = [...cpuFeatures(profile), ...counterFeatures(profile, at.counters)]
  return [Math.log(at.memoryMB), ...counts, ...(at.preset === "repaired" ? localFeatures(profile) : [])]
}

/** The mean of several networks that differ in their start, in the units of the targets. */
function ensemble(
  { rows, options }: { readonly rows: readonly (readonly number[])[]; readonly options: MlpModelOptions },
  targets: readonly (readonly number[])[],
): (row: readonly number[]) => readonly number[] {
  const scaler = scalerOf(targets)
  const scaled = targets.map(scaler.scale)
  const nets = Array.from({ length: NETS[options.preset] }, (_, net): Mlp =>
    trainMlp(
      { rows, targets: scaled },
      options.training ?? trainingFor(rows.length),
      seededRandom(options.seed + 7919 * net),
    ),
  )
  return (row) => {
    const all = nets.map((net) => mlpValues(net, row))
    return scaler.restore(all[0]!.map((_value, i) => mean(all.map((values) => values[i]!))))
  }
}

/** Batches of 64 suit 12,800 rows; fewer rows get smaller ones, so that the steps stay about as many. */
function trainingFor(rows: number): MlpOptions {
  return { ...PAPER_MLP, batch: Math.min(PAPER_MLP.batch, Math.max(16, Math.round(rows / 200))) }
}

interface Scaler {
  readonly scale: (row: readonly number[]) => readonly number[]
  readonly restore: (row: readonly number[]) => readonly number[]
}

/** Standardises columns; one that never varies becomes 0. */
function scalerOf(rows: readonly (readonly number[])[]): Scaler {
  const columns = rows[0]!.map((_value, column) => {
    const values = rows.map((row) => row[column]!)
    const centre = mean(values)
    return { centre, sd: Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) }
  })
  return {
    scale: (row) => row.map((value, i) => (columns[i]!.sd > 0 ? (value - columns[i]!.centre) / columns[i]!.sd : 0)),
    restore: (row) => row.map((value, i) => value * columns[i]!.sd + columns[i]!.centre),
  }
}
