import type { Random } from "../../../base/random.ts"
import { expectedImprovement } from "../../searches/expected-improvement.ts"
import { type Surrogate, surrogateFitter } from "../../searches/surrogate.ts"

/** One measurement of a step; the time is NaN where the size cannot run. */
export interface SizeSample {
  readonly memoryMB: number
  readonly latencyMs: number
}

/** COSE's model of one step: its time over memory from few measurements, asked for and told. */
export interface SizeModel {
  /** The size to measure next; null when there are samples enough or no size is left. */
  ask(): number | null
  tell(sample: SizeSample): void
  /** Predicted times, ms; sizes that cannot run are left out. Needs one sample with a time. */
  predicted(): readonly SizeSample[]
}

export interface SizeModelOptions {
  /** Ascending. */
  readonly sizes: readonly number[]
  /** Cost of a run of this time, from which improvement is judged. */
  readonly costUsd: (memoryMB: number, latencyMs: number) => number
  readonly random: Random
  /** Measurements asked for, at least 5; default 5. */
  readonly evaluations?: number
  /** Least expected improvement of the logarithm of the cost that counts; default 0.001. */
  readonly xi?: number
}

/** Fewer do not tell a law from a line. */
const LEAST_EVALUATIONS = 5

/** A residual beyond this many sd, so many times in a row, means that the function has changed. */
const DRIFT = { sd: 3, runs: 3 }

/** Least sd of log times that a residual is judged by: measurements of the same function differ by a few percent. */
const LEAST_LOG_SD = 0.05

/**
 * A Gaussian process of log time over log2 memory. The first three measurements are the largest size, the geometric
 * middle and the smallest size that runs, the next ones where the cost is expected to improve most (COSE, INFOCOM 2020; what it leaves
 * open is our choice). Samples told without being asked for count as well, those far off only when `DRIFT` says that
 * the function has changed: then they replace all before them.
 */
export function sizeModel(options: SizeModelOptions): SizeModel {
  const { sizes, evaluations = LEAST_EVALUATIONS } = options
  const fitter = surrogateFitter({ random: options.random })
  let samples: SizeSample[] = []
  let suspects: SizeSample[] = []
  let floorMB = 0
  let model: { readonly surrogate: Surrogate; readonly unitMs: number } | null = null
  const fitted = (): NonNullable<typeof model> => (model ??= fit(fitter, samples))
  const wanted = (): number[] => sizes.filter((mb) => mb > floorMB && !samples.some(({ memoryMB }) => memoryMB === mb))
  return {
    ask: () => {
      const open = wanted()
      if (open.length === 0 || samples.length >= Math.max(LEAST_EVALUATIONS, evaluations)) return null
      const first = firstSizes(open, samples, floorMB)
      if (first !== undefined) return first
      return mostPromising(abovePastFailures(open, samples, floorMB), fitted(), { ...options, samples })
    },
    tell: (sample) => {
      if (Number.isNaN(sample.latencyMs)) {
        floorMB = Math.max(floorMB, sample.memoryMB)
        return
      }
      if (samples.length >= LEAST_EVALUATIONS && isFar(fitted(), sample)) {
        suspects.push(sample)
        if (suspects.length < DRIFT.runs) return
        samples = suspects
      } else samples.push(sample)
      suspects = []
      model = null
    },
    predicted: () => {
      const { surrogate, unitMs } = fitted()
      return sizes
        .filter((memoryMB) => memoryMB > floorMB)
        .map((memoryMB) => ({ memoryMB, latencyMs: unitMs * Math.exp(surrogate.mean(inputOf(memoryMB))) }))
    },
  }
}

/** Largest, geometric middle, smallest; where that cannot run, half-way up to the least size that could. */
function firstSizes(open: readonly number[], samples: readonly SizeSample[], floorMB: number): number | undefined {
  if (samples.length === 0) return open.at(-1)
  if (samples.length === 1) return nearest(open, Math.sqrt(open[0]! * open.at(-1)!))
  if (samples.length > 2) return undefined
  return floorMB === 0 ? open[0] : abovePastFailures(open, samples, floorMB)[0]
}

/** Where a size has failed, nothing below half-way from it to the least size that ran: few failures find the floor. */
function abovePastFailures(
  open: readonly number[],
  samples: readonly SizeSample[],
  floorMB: number,
): readonly number[] {
  const least = samples.reduce((a, { memoryMB }) => Math.min(a, memoryMB), Infinity)
  const above = open.filter((memoryMB) => floorMB === 0 || memoryMB >= (floorMB + least) / 2)
  return above.length > 0 ? above : open
}

function nearest(sizes: readonly number[], memoryMB: number): number {
  return sizes.reduce((a, b) => (Math.abs(b - memoryMB) < Math.abs(a - memoryMB) ? b : a))
}

function inputOf(memoryMB: number): number[] {
  return [Math.log2(memoryMB)]
}

/** Times are told in units of the first, so that the fit does not depend on the unit. */
function fit(
  fitter: ReturnType<typeof surrogateFitter>,
  samples: readonly SizeSample[],
): { readonly surrogate: Surrogate; readonly unitMs: number } {
  const unitMs = samples[0]!.latencyMs
  const inputs = samples.map(({ memoryMB }) => inputOf(memoryMB))
  return { surrogate: fitter.fit({ inputs, targets: samples.map((s) => Math.log(s.latencyMs / unitMs)) }), unitMs }
}

function mostPromising(
  open: readonly number[],
  { surrogate, unitMs }: { readonly surrogate: Surrogate; readonly unitMs: number },
  { samples, costUsd, xi = 0.001 }: SizeModelOptions & { readonly samples: readonly SizeSample[] },
): number {
  const unitUsd = costUsd(samples[0]!.memoryMB, unitMs)
  const logCost = (memoryMB: number, latencyMs: number): number => Math.log(costUsd(memoryMB, latencyMs) / unitUsd)
  const least = samples.reduce((a, s) => Math.min(a, logCost(s.memoryMB, s.latencyMs)), Infinity)
  const gain = (memoryMB: number): number => {
    const { mean, variance } = surrogate.predict(inputOf(memoryMB))
    return expectedImprovement({ mean: logCost(memoryMB, unitMs * Math.exp(mean)), variance }, least, xi)
  }
  return open.map((memoryMB) => ({ memoryMB, gain: gain(memoryMB) })).reduce((a, b) => (b.gain > a.gain ? b : a))
    .memoryMB
}

function isFar(
  { surrogate, unitMs }: { readonly surrogate: Surrogate; readonly unitMs: number },
  { memoryMB, latencyMs }: SizeSample,
): boolean {
  const { mean, variance } = surrogate.predict(inputOf(memoryMB))
  return Math.abs(Math.log(latencyMs / unitMs) - mean) > DRIFT.sd * Math.max(LEAST_LOG_SD, Math.sqrt(variance))
}
