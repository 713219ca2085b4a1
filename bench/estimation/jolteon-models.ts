import { fitComputeCurve } from "../../src/estimation/compute-curve.ts"
import type { InstanceSample } from "../../src/estimation/sample.ts"
import { type Direction, fitTransfer } from "../../src/estimation/transfer-model.ts"
import { solveSymmetric } from "../../src/statistics/linear-solve.ts"

export interface VideoCell {
  readonly memoryMB: number
  readonly functions: number
  /** Indices into the axes of the data. */
  readonly m: number
  readonly f: number
}

export type VideoPart = "compute" | "read" | "write"
export type FittedPart = (cell: VideoCell) => number

const MB_PER_VCPU = 1792
const MAX_MEMORY_MB = 10_240
/** A stage's work is dealt out to its functions: 32 of them run one unit each. */
const UNITS = 32

/** A cell is the mean over at least four functions: a campaign would have four samples of it. */
const INSTANCES_A_CELL = 4

/** The estimator's own fits of one stage to some cells. */
export function fitParts(
  cells: readonly VideoCell[],
  ms: (part: VideoPart, cell: VideoCell) => number,
): Readonly<Record<VideoPart, FittedPart>> {
  const curve = fitComputeCurve(
    cells.map((cell) => ({ ...pointOf(cell), cold: false, weight: 1, ms: ms("compute", cell) })),
    { threads: "multi", mbPerVcpu: MB_PER_VCPU, maxMemoryMB: MAX_MEMORY_MB },
  )
  const samples = cells.flatMap((cell) => {
    const sample = sampleOf(cell, { downloadMs: ms("read", cell), uploadMs: ms("write", cell) })
    return Array.from({ length: INSTANCES_A_CELL }, () => sample)
  })
  const transfer = (direction: Direction): FittedPart => {
    const selection = { functionName: "stage", ok: samples, outOfMemory: [], timedOut: [], steps: [], doubtful: false }
    const model = fitTransfer([selection], direction, MB_PER_VCPU)
    return (cell) => model.quantilesMs(cell.memoryMB, volumeOf(cell))[2]!
  }
  return { compute: (cell) => curve.ms(pointOf(cell)), read: transfer("download"), write: transfer("upload") }
}

function pointOf({ memoryMB, functions }: VideoCell): { memoryMB: number; processes: number; tasks: number } {
  return { memoryMB, processes: 1, tasks: UNITS / functions }
}

/** Bytes were not published: one unit counts as a megabyte in one object. */
function volumeOf({ functions }: VideoCell): { objects: number; bytes: number } {
  return { objects: UNITS / functions, bytes: (1e6 * UNITS) / functions }
}

function sampleOf(
  cell: VideoCell,
  { downloadMs, uploadMs }: { readonly downloadMs: number; readonly uploadMs: number },
): InstanceSample {
  const { objects, bytes } = volumeOf(cell)
  return {
    ...pointOf(cell),
    kind: "instance",
    atMs: cell.m * 10 + cell.f,
    source: "import",
    outcome: "ok",
    cold: false,
    initMs: 0,
    computeMs: 0,
    downloadMs,
    uploadMs,
    downloadBytes: bytes,
    uploadBytes: bytes,
    downloadObjects: objects,
    uploadObjects: objects,
    durationMs: downloadMs + uploadMs,
    billedMs: 0,
    maxMemoryUsedMB: 0,
    peakProcessMB: 0,
    contended: false,
    enforced: "platform",
    codeSha256: "",
  }
}

/**
 * Jolteon's parametric forms by ordinary least squares: a/x + b ln x / x + c/x^2 + e of compute and a/x + e of read and
 * write, x the vCPUs of all functions; sd is that of the prediction under the covariance of the fitted parameters,
 * which its sampler takes for the noise of runs.
 */
export function fitJolteon(
  cells: readonly VideoCell[],
  { part, ms }: { readonly part: VideoPart; readonly ms: (cell: VideoCell) => number },
): (cell: VideoCell) => { readonly ms: number; readonly sd: number } {
  const columns = (cell: VideoCell): readonly number[] => {
    const x = (cell.memoryMB / MB_PER_VCPU) * cell.functions
    return part === "compute" ? [1 / x, Math.log(x) / x, 1 / x ** 2, 1] : [1 / x, 1]
  }
  const rows = cells.map(columns)
  const size = rows[0]!.length
  const gram = new Float64Array(size * size)
  const right = new Float64Array(size)
  for (const [k, row] of rows.entries()) {
    for (let i = 0; i < size; i++) {
      right[i]! += row[i]! * ms(cells[k]!)
      for (let j = 0; j < size; j++) gram[i * size + j]! += row[i]! * row[j]!
    }
  }
  const theta = solved(gram, right)
  const at = (row: readonly number[]): number => row.reduce((sum, value, i) => sum + value * theta[i]!, 0)
  const squares = rows.reduce((sum, row, k) => sum + (ms(cells[k]!) - at(row)) ** 2, 0)
  const variance = squares / Math.max(1, rows.length - size)
  return (cell) => {
    const row = columns(cell)
    const spread = solved(gram, row).reduce((sum, value, i) => sum + value * row[i]!, 0)
    return { ms: at(row), sd: Math.sqrt(variance * spread) }
  }
}

function solved(gram: Float64Array, right: ArrayLike<number>): Float64Array {
  const solution = solveSymmetric(gram, right)
  if (solution === null) throw new Error("the cells do not tell the parameters apart")
  return solution
}
