import { addEquation, normalEquations, solveNonNegative } from "../statistics/non-negative-least-squares.ts"
import { median } from "../statistics/order-statistics.ts"
import { latestRows } from "./delay-window.ts"
import { absoluteLoss, fitLinearQuantiles, fitMedianPlane, type LinearRows } from "./linear-quantiles.ts"
import type { InstanceSample } from "./sample.ts"
import type { Selection } from "./sample-selection.ts"
import { LOCAL_TRANSFER, type TransferPrior } from "./transfer-priors.ts"

export type Direction = "download" | "upload"

/** What one instance moves. */
export interface Volume {
  readonly objects: number
  readonly bytes: number
}

/** Transfer times of one store in one direction, pooled over functions. */
export interface TransferModel {
  /** Seven quantiles in ms for one instance of that size. */
  quantilesMs(memoryMB: number, volume: Volume): number[]
  /** The same of one volume at many sizes. */
  alongMemory(volume: Volume): AlongMemory
  /** From this memory on more of it changes nothing, MB. */
  readonly saturationMB: number
  /** Samples behind the fit. */
  readonly samples: number
  /** True when there were fewer than five samples a column and the store's prior stands in. */
  readonly transferred: boolean
}

/** Transfers of one volume over memory. */
export interface AlongMemory {
  /** False where memory changes nothing. */
  readonly varies: boolean
  /** Each answer is the same array, overwritten. */
  quantilesMs(memoryMB: number): readonly number[]
}

/** Memory sizes tried as the one where bandwidth stops growing, MB. */
const SATURATION_MB = [256, 512, 1024, 1769, 3008] as const
const ROWS_FOR_SATURATION = 20
const MEMORIES_FOR_SATURATION = 3

export interface TransferOptions {
  /** What is expected of the store; that of files on one machine where absent. */
  readonly prior?: TransferPrior
  /** Samples in the window; 200 where absent, up to 1,000 where the store is slow to change. */
  readonly latest?: number
}

/**
 * Quantile regression of warm transfers on physical columns: with share = min(1, m / m_b), a fixed time, CPU work per
 * transfer (1 / share) and per object (k / share), a bandwidth (V / share, V in MB) and a latency per object (k). m_b,
 * the memory from which more changes nothing, is the platform's vCPU unless 20 samples at three sizes tell another.
 * Fits the latest 200 samples and five of each rarer (memory, objects, bytes).
 */
export function fitTransfer(
  selections: readonly Selection[],
  direction: Direction,
  mbPerVcpu: number,
  { prior = LOCAL_TRANSFER, latest }: TransferOptions = {},
): TransferModel {
  const samples = latestRows(
    selections.flatMap(({ ok }) => warmOf(ok)).sort((a, b) => a.atMs - b.atMs),
    (sample) => configurationOf(sample, direction),
    latest === undefined ? {} : { latest },
  )
  const saturationMB = bestSaturation(samples, direction, mbPerVcpu)
  const fit = fitLinearQuantiles(rowsAt(samples, direction, saturationMB), {
    prior: [prior.fixedMs, 0, prior.msPerMB, 0, prior.msPerObject],
    priorLogSd: prior.logSd,
  })
  return {
    samples: samples.length,
    transferred: fit.transferred,
    saturationMB,
    quantilesMs: (memoryMB, volume) => fit.predict(columnsOf(memoryMB, volume, saturationMB)),
    alongMemory: ({ objects, bytes }) => {
      // The columns are linear in 1 / share.
      const line = fit.predictAlong([1, 0, 0, 0, objects], [0, 1, bytes / 1e6, objects, 0])
      return {
        varies: line.varies,
        quantilesMs: (memoryMB) => line.at(1 / Math.min(1, memoryMB / saturationMB)),
      }
    },
  }
}

/** Sizes within a factor of two are one configuration. */
function configurationOf(sample: InstanceSample, direction: Direction): string {
  const { objects, bytes } = volumeOf(sample, direction)
  return [sample.memoryMB, objects, Math.round(Math.log2(1 + bytes))].join(":")
}

function rowsAt(samples: readonly InstanceSample[], direction: Direction, saturationMB: number): LinearRows {
  return {
    rows: samples.map((sample) => columnsOf(sample.memoryMB, volumeOf(sample, direction), saturationMB)),
    targets: samples.map((sample) => (direction === "download" ? sample.downloadMs : sample.uploadMs)),
  }
}

/** First transfers load code: they are left to the work of cold starts unless there are no others. */
function warmOf(samples: readonly InstanceSample[]): readonly InstanceSample[] {
  const warm = samples.filter((sample) => !sample.cold)
  return warm.length > 0 ? warm : samples
}

function columnsOf(memoryMB: number, volume: Volume, saturationMB: number): readonly number[] {
  const share = Math.min(1, memoryMB / saturationMB)
  return [1, 1 / share, volume.bytes / 1e6 / share, volume.objects / share, volume.objects]
}

function volumeOf(sample: InstanceSample, direction: Direction): Volume {
  return direction === "download"
    ? { objects: sample.downloadObjects, bytes: sample.downloadBytes }
    : { objects: sample.uploadObjects, bytes: sample.uploadBytes }
}

function bestSaturation(samples: readonly InstanceSample[], direction: Direction, mbPerVcpu: number): number {
  const moving = samples.filter((sample) => volumeOf(sample, direction).bytes > 1e5)
  const memories = new Set(moving.map((sample) => sample.memoryMB)).size
  if (moving.length < ROWS_FOR_SATURATION || memories < MEMORIES_FOR_SATURATION) return mbPerVcpu
  const lossOf = (saturationMB: number): number => {
    const data = rowsAt(samples, direction, saturationMB)
    return absoluteLoss(data, fitMedianPlane(data))
  }
  let best = mbPerVcpu
  // Another size must be clearly better than the platform's vCPU.
  let bestLoss = 0.95 * lossOf(best)
  for (const candidate of SATURATION_MB) {
    const loss = lossOf(candidate)
    if (loss < bestLoss) [best, bestLoss] = [candidate, loss]
  }
  return best
}

/** What an instance of one function moves for n tasks: linear in n, from its samples. */
export interface VolumeModel {
  volume(tasks: number): Volume
}

export function fitVolume(samples: readonly InstanceSample[], direction: Direction): VolumeModel {
  const objects = fitCount(samples.map((sample) => [sample.tasks, volumeOf(sample, direction).objects]))
  const bytes = fitCount(samples.map((sample) => [sample.tasks, volumeOf(sample, direction).bytes]))
  return { volume: (tasks) => ({ objects: objects(tasks), bytes: bytes(tasks) }) }
}

/** a + b n through the medians per task count; with one count, or a falling line, all of it goes with n. */
function fitCount(points: readonly (readonly [tasks: number, amount: number])[]): (tasks: number) => number {
  const counts = [...new Set(points.map(([tasks]) => tasks))]
  if (counts.length === 0) return () => 0
  const middles = counts.map((count) => ({
    count,
    amount: median(points.filter(([tasks]) => tasks === count).map(([, amount]) => amount)),
  }))
  const largest = Math.max(...middles.map(({ amount }) => amount))
  if (largest === 0) return () => 0
  const sums = normalEquations(2)
  for (const { count, amount } of middles) {
    const weight = 1 / Math.max(amount, largest / 100) ** 2
    addEquation(sums, [1, count], { target: amount, weight })
  }
  addEquation(sums, [1, 0], { target: 0, weight: 1e-9 / largest ** 2 })
  const [a = 0, b = 0] = solveNonNegative(sums).coefficients
  return (tasks) => a + b * tasks
}
