import { type Cell, memoriesOf } from "./cells.ts"
import { linearFit } from "./compute-candidate.ts"
import { ASSUMED_NOISE } from "./compute-fit.ts"
import { foldErrors, meanAbsolute, rooflineErrors } from "./compute-held-out.ts"
import { type KindFit, refitOf } from "./compute-kind.ts"
import { computeMs } from "./compute-model.ts"

const EXPONENTS = [0.8, 0.9, 0.95, 0.975, 1.025, 1.05, 1.1] as const
/** Exponents are near 1: sd of what is expected. */
const EXPONENT_SD = 0.05
/** Smaller held-out errors than this are chance. */
const ERROR_FLOOR = 0.01
/** Sizes below one vCPU that an exponent needs. */
const MEMORIES_BELOW = 2
const MEMORIES_IN_ALL = 4

/**
 * The exponent of u below one vCPU: the mean of the candidates weighted by how well each predicts left-out memory
 * sizes and by how near to 1 it is. Kept only where it predicts them better than the exponent 1.
 */
export function fitExponent(cells: readonly Cell[], plain: KindFit): KindFit {
  const { mbPerVcpu } = plain.fit.parameters
  const memories = memoriesOf(cells)
  const below = memories.filter((memoryMB) => memoryMB < mbPerVcpu).length
  if (plain.options.cores === "whole" || below < MEMORIES_BELOW || memories.length < MEMORIES_IN_ALL) return plain
  const plainError = meanAbsolute(rooflineErrors(plain.folds))
  if (plainError < 1e-6) return plain
  let weights = weightOf(1, shapeError(plain, 1), memories.length)
  let sum = weights
  for (const exponent of EXPONENTS) {
    const weight = weightOf(exponent, shapeError(plain, exponent), memories.length)
    weights += weight
    sum += weight * exponent
  }
  const learned = refitOf(cells, plain, { ...plain.options, exponent: sum / weights })
  return meanAbsolute(rooflineErrors(learned.folds)) < plainError ? learned : plain
}

/**
 * Held-out error of an exponent with the shape of each fold as it is: phi, f0 and w0 alone are fitted anew. A breakpoint
 * learned without the exponent may have taken its place, so the platform's is tried too.
 */
function shapeError({ options, folds }: KindFit, exponent: number): number {
  const errorAt = (mbPerVcpu: number | undefined): number =>
    meanAbsolute(
      folds.map((fold) => {
        const data = { cells: fold.rest, weights: fold.weights, options }
        const shape = { ...fold.parameters, exponent, mbPerVcpu: mbPerVcpu ?? fold.parameters.mbPerVcpu }
        const { parameters } = linearFit(data, shape, ASSUMED_NOISE ** 2)
        return meanAbsolute(foldErrors(fold, (cell) => computeMs(parameters, cell)))
      }),
    )
  return Math.min(errorAt(undefined), errorAt(options.mbPerVcpu))
}

function weightOf(exponent: number, error: number, folds: number): number {
  return Math.exp(-0.5 * ((exponent - 1) / EXPONENT_SD) ** 2) * Math.max(error, ERROR_FLOOR) ** -folds
}
