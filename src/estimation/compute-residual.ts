import { seededRandom } from "../base/random.ts"
import {
  conditionGaussianProcess,
  fitGaussianProcess,
  type GaussianProcess,
  type Observations,
} from "../statistics/gaussian-process.ts"
import type { Cell } from "./cells.ts"
import { foldErrors, meanAbsolute, rooflineErrors } from "./compute-held-out.ts"
import type { KindFit } from "./compute-kind.ts"
import { computeMs, type ComputeParameters, type ComputePoint, vcpus } from "./compute-model.ts"

/** What is left between roofline and cells, as a function of the point. */
export interface ComputeResidual {
  readonly process: GaussianProcess
  /** Log errors of each fold with it. */
  readonly foldErrors: readonly (readonly number[])[]
}

/** Fewer cells, or fewer memory sizes, do not carry lengths of three inputs. */
const LEAST_CELLS = 8
const LEAST_MEMORIES = 4
const SEED = 1
/** It must lower the held-out error to this share, and by more than this many standard errors of the folds. */
const GAIN = 0.9
const STANDARD_ERRORS = 1

/** Inputs of the process: ln u, 1.5 ln q, ln n, with q the processes that have a task. */
export function residualInputs(parameters: ComputeParameters, point: ComputePoint): readonly number[] {
  const tasks = Math.max(1, point.tasks)
  const processes = Math.max(1, Math.min(point.processes, tasks))
  return [Math.log(vcpus(parameters, point.memoryMB)), 1.5 * Math.log(processes), Math.log(tasks)]
}

/**
 * A Gaussian process on ln(T / roofline), where it predicts left-out memory sizes better by more than the folds differ
 * among themselves; else undefined. Lengths and noise come from all cells, the values in each fold from the others.
 */
export function fitResidual(cells: readonly Cell[], { fit, folds }: KindFit): ComputeResidual | undefined {
  const seen = cells.filter((cell, i) => !cell.cold && fit.weights[i]! > 0.2 * cell.weight)
  if (seen.length < LEAST_CELLS || folds.length < LEAST_MEMORIES) return undefined
  const data = observations(seen, fit.parameters)
  if (meanAbsolute(data.targets) < 1e-6) return undefined
  const process = fitGaussianProcess(data, { random: seededRandom(SEED) })
  const usable = new Set(seen)
  const errors = folds.map((fold) => {
    const rest = fold.rest.filter((cell) => usable.has(cell))
    const own = conditionGaussianProcess(observations(rest, fold.parameters), process.parameters)
    const predict = (cell: Cell): number =>
      computeMs(fold.parameters, cell) * Math.exp(own.mean(residualInputs(fold.parameters, cell)))
    return foldErrors(fold, predict)
  })
  return isBetter(rooflineErrors(folds), errors.map(meanAbsolute)) ? { process, foldErrors: errors } : undefined
}

function observations(cells: readonly Cell[], parameters: ComputeParameters): Observations {
  return {
    inputs: cells.map((cell) => residualInputs(parameters, cell)),
    targets: cells.map((cell) => Math.log(cell.ms / Math.max(computeMs(parameters, cell), 1e-6))),
  }
}

function isBetter(without: readonly number[], withIt: readonly number[]): boolean {
  const gains = without.map((error, k) => error - withIt[k]!)
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / Math.max(1, gains.length - 1)
  const enough = mean > STANDARD_ERRORS * Math.sqrt(variance / gains.length)
  return enough && meanAbsolute(withIt) < GAIN * meanAbsolute(without)
}
