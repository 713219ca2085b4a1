import type { Cell } from "./cells.ts"
import type { ComputeFit } from "./compute-candidate.ts"
import { fitCompute } from "./compute-fit.ts"
import { computeCurve, type ComputeParameters, type ComputePoint, type ThreadKind } from "./compute-model.ts"

export interface ComputeCurveOptions {
  /** As declared, where it is: decides ties alone, the data decide the rest. `single` where absent. */
  readonly threads?: ThreadKind
  /** Memory of one vCPU on the platform, MB; the function's own is learned from four memories on. */
  readonly mbPerVcpu: number
  /** Largest memory of the platform, MB. */
  readonly maxMemoryMB: number
}

/** What a profile showed that its reader should know. */
export type ComputeNote = "threads-other-than-declared" | "slower-with-memory" | "gaussian-process-residual"

/** Median compute time of one function: the roofline with all that its cells justify on top of it. */
export interface ComputeCurve {
  readonly parameters: ComputeParameters
  /** CPU work of the first call of a cold instance, ms on one vCPU. */
  readonly coldWorkMs: number
  /** Weighted mean square of the relative residuals of the roofline. */
  readonly meanSquare: number
  readonly notes: readonly ComputeNote[]
  /** Median in ms. */
  ms(point: ComputePoint): number
  /** The same at one memory size, for loops over processes and tasks (per instance). */
  at(memoryMB: number): (processes: number, tasks: number) => number
}

/**
 * Fits everything to cell medians {memoryMB, processes, tasks per instance, ms}: roofline, kind of code, Gaussian-process
 * residual, and "more memory is never slower". Needs one cell, else throws; the order of the cells does not matter;
 * deterministic. Warm cells have `cold: false` and `weight: 1`. At most some 600 ms for 100 cells.
 */
export function fitComputeCurve(cells: readonly Cell[], options: ComputeCurveOptions): ComputeCurve {
  return curveOf(fitCompute(cells, { ...options, kind: options.threads ?? "single" }), [])
}

function curveOf(fit: ComputeFit, notes: readonly ComputeNote[]): ComputeCurve {
  const at = (memoryMB: number): ((processes: number, tasks: number) => number) =>
    computeCurve(fit.parameters, memoryMB)
  return { ...fit, notes, at, ms: ({ memoryMB, processes, tasks }) => at(memoryMB)(processes, tasks) }
}
