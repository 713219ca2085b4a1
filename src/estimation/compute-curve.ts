import { type Cell, memoriesOf } from "./cells.ts"
import { fitExponent } from "./compute-exponent.ts"
import { rooflineFold } from "./compute-held-out.ts"
import { fitKind } from "./compute-kind.ts"
import {
  type ComputeAxes,
  computeCurve,
  type ComputeParameters,
  type ComputePoint,
  computeTable,
  type CoreGrant,
  type ThreadKind,
} from "./compute-model.ts"
import { type ComputeResidual, fitResidual } from "./compute-residual.ts"
import { type CorrectedCurve, correctedCurve } from "./corrected-curve.ts"
import { residualGrid } from "./residual-grid.ts"

export interface ComputeCurveOptions {
  /** As declared, where it is: decides ties alone, the data decide the rest. `single` where absent. */
  readonly threads?: ThreadKind
  /** Memory of one vCPU on the platform, MB; the function's own is learned from four memories on. */
  readonly mbPerVcpu: number
  /** Largest memory of the platform, MB. */
  readonly maxMemoryMB: number
  /** How the platform grants vCPUs; a share of m / m_s where absent. */
  readonly cores?: CoreGrant
  /** Runs that were stopped: each took longer than its `ms`. They count only where the curve says less. */
  readonly censored?: readonly Cell[]
}

/** What a profile showed that its reader should know. */
export type ComputeNote = "threads-other-than-declared" | "slower-with-memory" | "gaussian-process-residual"

/** Log ratios ln(predicted / measured), held within +-0.5, of the warm cells of a memory size that was left out. */
export interface HeldOut {
  readonly memoryMB: number
  /** False for the least and the largest size, which ask for extrapolation. */
  readonly inner: boolean
  readonly logErrors: readonly number[]
}

/** Median compute time of one function: the roofline with all that its cells justify on top of it. */
export interface ComputeCurve {
  readonly parameters: ComputeParameters
  /** CPU work of the first call of a cold instance, ms on one vCPU. */
  readonly coldWorkMs: number
  /** Weighted mean square of the relative residuals of the roofline. */
  readonly meanSquare: number
  readonly notes: readonly ComputeNote[]
  /** What the same fit says of each memory size from all the others. */
  readonly heldOut: readonly HeldOut[]
  /** Median in ms. */
  ms(point: ComputePoint): number
  /** The same at one memory size, for loops over processes and tasks (per instance). */
  at(memoryMB: number): (processes: number, tasks: number) => number
  /** Every point of the axes, tasks changing fastest. */
  table(axes: ComputeAxes): Float64Array
}

/** More memory counts as slower when the larger sizes of a series lie this much above its fastest one. */
const SLOWER = 1.15

/** Rounds in which limits may enter and leave the fit. */
const CENSORED_ROUNDS = 4

/** Smallest size that curves are tabulated for, MB. */
const LEAST_MEMORY_MB = 128

/**
 * Fits everything to cell medians {memoryMB, processes, tasks per instance, ms}: roofline, kind of code, exponent,
 * Gaussian-process residual, and "more memory is never slower", each of the refinements only where it predicts left-out
 * memory sizes better. Needs one cell, else throws; the order of the cells does not matter; deterministic. Warm cells
 * have `cold: false` and `weight: 1`. At most some 600 ms for 100 cells.
 */
export function fitComputeCurve(cells: readonly Cell[], options: ComputeCurveOptions): ComputeCurve {
  const { censored = [] } = options
  let curve = fitUncensored(cells, options)
  let active: readonly Cell[] = []
  // One-sided least squares by its active set: a limit pulls at the curve while the curve lies below it.
  for (let round = 0; round < CENSORED_ROUNDS; round++) {
    const next = censored.filter((cell) => curve.ms(cell) < cell.ms)
    if (next.length === active.length && next.every((cell, i) => cell === active[i])) break
    active = next
    curve = fitUncensored([...cells, ...active], options)
  }
  return curve
}

function fitUncensored(cells: readonly Cell[], options: ComputeCurveOptions): ComputeCurve {
  const mayPeak = isSlowerWithMemory(cells)
  const refined = fitExponent(cells, fitKind(cells, { ...options, mayPeak }))
  const residual = fitResidual(cells, refined)
  const { parameters, coldWorkMs, meanSquare } = refined.fit
  const notes: ComputeNote[] = []
  if (options.threads !== undefined && parameters.kind !== options.threads) notes.push("threads-other-than-declared")
  if (mayPeak) notes.push("slower-with-memory")
  if (residual !== undefined) notes.push("gaussian-process-residual")
  const corrected = tabulated(parameters, residual, { cells, options, mayPeak })
  return {
    parameters,
    coldWorkMs,
    meanSquare,
    notes,
    heldOut: refined.folds.map((fold, k) => ({
      memoryMB: fold.memoryMB,
      inner: fold.inner,
      logErrors: residual?.foldErrors[k] ?? rooflineFold(fold),
    })),
    at: (memoryMB) => corrected.at(memoryMB),
    table: (axes) => corrected.table(axes),
    ms: ({ memoryMB, processes, tasks }) => corrected.at(memoryMB)(processes, tasks),
  }
}

function tabulated(
  parameters: ComputeParameters,
  residual: ComputeResidual | undefined,
  data: { readonly cells: readonly Cell[]; readonly options: ComputeCurveOptions; readonly mayPeak: boolean },
): CorrectedCurve {
  if (residual === undefined) {
    return {
      at: (memoryMB) => computeCurve(parameters, memoryMB),
      table: (axes) => computeTable(parameters, axes),
    }
  }
  const memories = memoriesOf(data.cells)
  const range = {
    leastMemoryMB: Math.min(LEAST_MEMORY_MB, memories[0]!),
    mostMemoryMB: Math.max(data.options.maxMemoryMB, memories.at(-1)!),
  }
  const grid = residualGrid(residual, parameters, { cells: data.cells, range })
  return correctedCurve(parameters, grid, { ...range, monotone: !data.mayPeak })
}

/** In most series of warm cells with the same processes and tasks, at least two sizes above the fastest are slower. */
function isSlowerWithMemory(cells: readonly Cell[]): boolean {
  const series = new Map<string, Cell[]>()
  for (const cell of cells) {
    if (cell.cold) continue
    const key = `${cell.processes}/${cell.tasks}`
    series.set(key, [...(series.get(key) ?? []), cell])
  }
  const long = [...series.values()].filter((group) => memoriesOf(group).length >= 3)
  const slower = long.filter((group) => {
    const fastest = group.reduce((best, cell) => (cell.ms < best.ms ? cell : best))
    const above = group.filter((cell) => cell.memoryMB > fastest.memoryMB)
    return above.length >= 2 && above.every((cell) => cell.ms > SLOWER * fastest.ms)
  })
  return long.length > 0 && slower.length > long.length / 2
}
