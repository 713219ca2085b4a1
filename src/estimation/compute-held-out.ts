import { type Cell, memoriesOf } from "./cells.ts"
import type { ComputeFitOptions } from "./compute-candidate.ts"
import { fitWeighted, type RobustFit } from "./compute-fit.ts"
import { computeMs, type ComputeParameters } from "./compute-model.ts"

/** One memory size left out: what the rest says, and what was measured there. */
export interface Fold {
  readonly memoryMB: number
  /** False for the least and the largest size: leaving them out asks for extrapolation. */
  readonly inner: boolean
  readonly rest: readonly Cell[]
  /** Of the cells in `rest`. */
  readonly weights: readonly number[]
  /** Warm cells of the size left out. */
  readonly left: readonly Cell[]
  /** Fitted to the rest. */
  readonly parameters: ComputeParameters
}

/** Beyond this log error it does not matter by how much a prediction was wrong. */
const MOST_ERROR = 0.5

/** Leaves out each memory size in turn and fits the roofline to the rest, with the weights of the whole fit. */
export function leaveOneMemoryOut(cells: readonly Cell[], fit: RobustFit, options: ComputeFitOptions): readonly Fold[] {
  const memories = memoriesOf(cells)
  if (memories.length < 2) return []
  return memories.flatMap((memoryMB, k) => {
    const left = cells.filter((cell) => cell.memoryMB === memoryMB && !cell.cold)
    const kept = cells.map((cell) => cell.memoryMB !== memoryMB)
    const rest = cells.filter((_, i) => kept[i])
    if (left.length === 0) return []
    const weights = fit.weights.filter((_, i) => kept[i])
    const { parameters } = fitWeighted({ cells: rest, weights, options })
    return [{ memoryMB, inner: k > 0 && k < memories.length - 1, rest, weights, left, parameters }]
  })
}

/** Log ratios ln(predicted / measured) at a size that was left out. */
export function foldErrors(fold: Fold, predict: (cell: Cell) => number): readonly number[] {
  return fold.left.map((cell) => {
    const error = Math.log(Math.max(predict(cell), 1e-6) / cell.ms)
    return Math.min(MOST_ERROR, Math.max(-MOST_ERROR, error))
  })
}

/** Log errors of a fold by its own roofline. */
export function rooflineFold(fold: Fold): readonly number[] {
  return foldErrors(fold, (cell) => computeMs(fold.parameters, cell))
}

/** Mean absolute log error of each fold by its own roofline. */
export function rooflineErrors(folds: readonly Fold[]): readonly number[] {
  return folds.map((fold) => meanAbsolute(rooflineFold(fold)))
}

export function meanAbsolute(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length)
}
