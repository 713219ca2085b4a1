import { type Cell, memoriesOf } from "./cells.ts"
import type { ComputeFitOptions } from "./compute-candidate.ts"
import { fitCompute, fitWeighted, type RobustFit } from "./compute-fit.ts"
import { type Fold, leaveOneMemoryOut, meanAbsolute, rooflineErrors } from "./compute-held-out.ts"
import type { ThreadKind } from "./compute-model.ts"

/** A roofline with its error at the memory sizes left out. */
export interface KindFit {
  readonly options: ComputeFitOptions
  readonly fit: RobustFit
  readonly folds: readonly Fold[]
}

/** The other kind of code is believed when it lowers the held-out error to this share, and by this much at least. */
const KIND_GAIN = 0.9
const LEAST_KIND_GAIN = 0.005
/** Below four sizes one is left out inside at most: then only a plain difference counts. */
const MEMORIES_FOR_KIND = 4
const PLAIN_GAIN = 0.5

/**
 * Fits the kind of code that predicts left-out memory sizes better; on a tie the declared kind, and single-threaded
 * code where none is declared. Only cells above one vCPU tell the kinds apart.
 */
export function fitKind(
  cells: readonly Cell[],
  options: Omit<ComputeFitOptions, "kind"> & { readonly threads?: ThreadKind },
): KindFit {
  const declared = options.threads ?? "single"
  const first = fitOf(cells, { ...options, kind: declared })
  const wide = cells.some((cell) => !cell.cold && cell.memoryMB > 1.05 * options.mbPerVcpu)
  const memories = memoriesOf(first.folds).length
  const error = innerError(first.folds)
  if (!wide || memories < 3 || error <= LEAST_KIND_GAIN) return first
  const other = fitOf(cells, { ...options, kind: declared === "single" ? "multi" : "single" })
  const otherError = innerError(other.folds)
  const share = memories < MEMORIES_FOR_KIND ? PLAIN_GAIN : KIND_GAIN
  return otherError < share * error && otherError < error - LEAST_KIND_GAIN ? other : first
}

function fitOf(cells: readonly Cell[], options: ComputeFitOptions): KindFit {
  const fit = fitCompute(cells, options)
  return { options, fit, folds: leaveOneMemoryOut(cells, fit, options) }
}

/** The same kind of code under other options, with the weights it has. */
export function refitOf(cells: readonly Cell[], { fit: { weights } }: KindFit, options: ComputeFitOptions): KindFit {
  const fit = { ...fitWeighted({ cells, weights, options }), weights }
  return { options, fit, folds: leaveOneMemoryOut(cells, fit, options) }
}

function innerError(folds: readonly Fold[]): number {
  return meanAbsolute(rooflineErrors(folds.filter((fold) => fold.inner)))
}
