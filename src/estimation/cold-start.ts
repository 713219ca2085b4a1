import type { Distribution } from "../statistics/distribution.ts"
import { fromSamples } from "../statistics/from-samples.ts"
import { addEquation, normalEquations, solveNonNegative } from "../statistics/non-negative-least-squares.ts"
import { median } from "../statistics/order-statistics.ts"
import { logNormal, mean } from "../statistics/quantile-table.ts"
import { maxOf, scale } from "../statistics/quantile-table-operations.ts"
import type { InstanceSample } from "./sample.ts"

/** Init of a function by memory size. */
export interface InitModel {
  distribution(memoryMB: number): Distribution
  /** Seven quantiles of the longest of `cold` inits, ms. */
  slowestMs(memoryMB: number, cold: number): readonly number[]
  medianMs(memoryMB: number): number
  meanMs(memoryMB: number): number
  /** Cold samples behind it; 0 when it is the pool's or the prior. */
  readonly samples: number
}

/** Init of a Node.js zip package on AWS Lambda, P50 in ms (2025): what is assumed before any cold start was seen. */
const PRIOR_INIT_MS = 150
/** Init times vary more than warm ones. */
const PRIOR_INIT_LOG_SD = 0.2
/** Sizes that must have been started cold before init may depend on memory. */
const MEMORIES_FOR_SLOPE = 3

/** Relative variance of init over sizes below which it counts as flat. */
const LEAST_SLOPE_VARIANCE = 0.01

/**
 * Init times from cold starts: one distribution around a + b / min(1, u). By default platforms give an instance a
 * whole vCPU while it initialises, so b stays 0 until three sizes show otherwise. `pool` stands in for a function
 * without cold starts.
 */
export function fitInit(cold: readonly InstanceSample[], pool: readonly number[], mbPerVcpu: number): InitModel {
  const seen = cold.filter((sample) => sample.initMs > 0)
  if (seen.length === 0) {
    const distribution =
      pool.length > 0
        ? fromSamples(pool, { priorLogSd: 2 * PRIOR_INIT_LOG_SD })
        : logNormal(PRIOR_INIT_MS, 2 * PRIOR_INIT_LOG_SD)
    const centre = Math.exp(distribution.logMs[2]!)
    const middle = mean(distribution)
    const slowest = slowestQuantiles(distribution)
    return {
      samples: 0,
      distribution: () => distribution,
      slowestMs: (_memoryMB, count) => slowest(count),
      medianMs: () => centre,
      meanMs: () => middle,
    }
  }
  const curve = initCurve(seen, mbPerVcpu)
  const ratios = fromSamples(
    seen.map((sample) => sample.initMs / curve(sample.memoryMB)),
    { priorLogSd: PRIOR_INIT_LOG_SD, minLogSd: 0.05 },
  )
  const centre = Math.exp(ratios.logMs[2]!)
  const middle = mean(ratios)
  const slowest = slowestQuantiles(ratios)
  return {
    samples: seen.length,
    distribution: (memoryMB) => scale(ratios, curve(memoryMB)),
    slowestMs: (memoryMB, count) => {
      const factor = curve(memoryMB)
      return slowest(count).map((ratio) => ratio * factor)
    },
    medianMs: (memoryMB) => centre * curve(memoryMB),
    meanMs: (memoryMB) => middle * curve(memoryMB),
  }
}

/** Seven quantiles of the longest of so many, each worked out once. */
function slowestQuantiles(one: Distribution): (count: number) => readonly number[] {
  const known = new Map<number, readonly number[]>()
  return (count) => {
    const found = known.get(count)
    if (found !== undefined) return found
    const quantiles = maxOf(one, count).logMs.map(Math.exp)
    known.set(count, quantiles)
    return quantiles
  }
}

function initCurve(seen: readonly InstanceSample[], mbPerVcpu: number): (memoryMB: number) => number {
  const level = median(seen.map((sample) => sample.initMs))
  if (new Set(seen.map((sample) => sample.memoryMB)).size < MEMORIES_FOR_SLOPE) return () => level
  const sums = normalEquations(2)
  const flat = normalEquations(1)
  for (const { memoryMB, initMs } of seen) {
    const share = 1 / Math.min(1, memoryMB / mbPerVcpu)
    addEquation(sums, [1 / initMs, share / initMs], { target: 1, weight: 1 })
    addEquation(flat, [1 / initMs], { target: 1, weight: 1 })
  }
  const sloped = solveNonNegative(sums)
  // The slope must explain most of what a level leaves, and that must be more than jitter.
  const flatLoss = solveNonNegative(flat).loss
  if (sloped.loss > flatLoss / 4 || flatLoss < seen.length * LEAST_SLOPE_VARIANCE) return () => level
  const [a = level, b = 0] = sloped.coefficients
  return (memoryMB) => a + b / Math.min(1, memoryMB / mbPerVcpu)
}

/** What an invocation takes beyond download, compute and upload: a + b / min(1, u) in ms, from warm samples. */
export function fitOverhead(samples: readonly InstanceSample[], mbPerVcpu: number): (memoryMB: number) => number {
  const seen = samples.map((sample) => ({
    share: 1 / Math.min(1, sample.memoryMB / mbPerVcpu),
    ms: Math.max(0, sample.durationMs - sample.downloadMs - sample.computeMs - sample.uploadMs),
  }))
  if (seen.length === 0) return () => 0
  const bound = 5 * Math.max(1, median(seen.map(({ ms }) => ms)))
  const sums = normalEquations(2)
  for (const { share, ms } of seen) {
    const weight = 1 / (ms + 1) ** 2
    if (ms <= bound * share) addEquation(sums, [1, share], { target: ms, weight })
  }
  // With one memory size the two columns are the same: half of the overhead is taken to be CPU work.
  addEquation(sums, [1, -1], { target: 0, weight: 1e-6 })
  const [fixed = 0, work = 0] = solveNonNegative(sums).coefficients
  return (memoryMB) => fixed + work / Math.min(1, memoryMB / mbPerVcpu)
}

/** Predicts what a warm invocation takes outside its computing, ms. */
export type AroundCompute = (sample: InstanceSample) => number

/**
 * CPU work in ms on one vCPU that first transfers add (code of the store's client is loaded then): the median over cold
 * samples of what they took outside compute beyond a warm invocation, shrunk as if half a sample had shown none.
 */
export function fitColdTransferWork(
  samples: readonly InstanceSample[],
  warmMs: AroundCompute,
  mbPerVcpu: number,
): number {
  const extras = samples
    .filter((sample) => sample.cold)
    .map((sample) => (sample.durationMs - sample.computeMs - warmMs(sample)) * Math.min(1, sample.memoryMB / mbPerVcpu))
  if (extras.length === 0) return 0
  return Math.max(0, (median(extras) * extras.length) / (extras.length + 0.5))
}
