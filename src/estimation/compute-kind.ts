import { type Cell, memoriesOf } from "./cells.ts"
import type { ComputeFitOptions } from "./compute-candidate.ts"
import { fitCompute, fitWeighted, type RobustFit } from "./compute-fit.ts"
import { type Fold, foldErrors, leaveOneMemoryOut, meanAbsolute, rooflineFold } from "./compute-held-out.ts"
import { computeMs, type ThreadKind } from "./compute-model.ts"

/** A roofline with its error at the memory sizes left out. */
export interface KindFit {
  readonly options: ComputeFitOptions
  readonly fit: RobustFit
  readonly folds: readonly Fold[]
}

/** The other kind of code is believed when it lowers the held-out error to this share, and by this much at least. */
const KIND_GAIN = 0.9
const LEAST_KIND_GAIN = 0.005
/** Numbers of threads that code is often written for. */
const THREAD_LIMITS = [2, 3, 4] as const
/** Below four sizes one is left out inside at most: then only a plain difference counts. */
const MEMORIES_FOR_KIND = 4
const PLAIN_GAIN = 0.5

/**
 * Fits the kind of code that predicts left-out memory sizes better: single-threaded, multi-threaded with long or with
 * short phases, or with two to four threads; on a tie the declared kind, and single-threaded
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
  const error = kindError(first)
  if (!wide || memories < 3 || error <= LEAST_KIND_GAIN) return first
  const other = fitOf(cells, { ...options, kind: declared === "single" ? "multi" : "single" })
  const otherError = kindError(other)
  const share = memories < MEMORIES_FOR_KIND ? PLAIN_GAIN : KIND_GAIN
  let best = { kind: first, error }
  if (isBelieved(otherError, error, share)) best = { kind: other, error: otherError }
  const multi = first.options.kind === "multi" ? first : other
  if (best.kind.options.kind === "multi" && best.error > LEAST_KIND_GAIN && options.cores !== "whole") {
    const short = refitOf(cells, multi, { ...multi.options, phases: "short" })
    const shortError = kindError(short)
    if (isBelieved(shortError, best.error, share)) best = { kind: short, error: shortError }
  }
  for (const mostVcpus of THREAD_LIMITS) {
    if (best.error <= LEAST_KIND_GAIN || !sees(cells, mostVcpus, options)) break
    const limited = refitOf(cells, multi, { ...multi.options, mostVcpus })
    const limitedError = kindError(limited)
    if (isBelieved(limitedError, best.error, share)) best = { kind: limited, error: limitedError }
  }
  return best.kind
}

function isBelieved(error: number, than: number, share: number): boolean {
  return error < share * than && error < than - LEAST_KIND_GAIN
}

/** Some warm cell has more vCPUs than that. */
function sees(cells: readonly Cell[], mostVcpus: number, { mbPerVcpu }: Pick<ComputeFitOptions, "mbPerVcpu">): boolean {
  return cells.some((cell) => !cell.cold && cell.memoryMB > 1.05 * mostVcpus * mbPerVcpu)
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

/**
 * Error at the inner sizes left out and, so that no kind passes that had to ignore one of them, of the whole fit at the
 * outer sizes.
 */
function kindError({ folds, fit }: KindFit): number {
  const errors = folds.map((fold) =>
    fold.inner ? rooflineFold(fold) : foldErrors(fold, (cell) => computeMs(fit.parameters, cell)),
  )
  return meanAbsolute(errors.map(meanAbsolute))
}
