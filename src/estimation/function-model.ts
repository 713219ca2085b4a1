import { median } from "../statistics/order-statistics.ts"
import { type Cell, computeCells, JITTER_MS } from "./cells.ts"
import { fitOverhead } from "./cold-start.ts"
import { type ComputeCurve, fitComputeCurve } from "./compute-curve.ts"
import type { ComputeParameters, ThreadKind } from "./compute-model.ts"
import { fitMemoryFloor, type MemoryFloor } from "./memory-floor.ts"
import { type MeasuredPoints, measuredPoints } from "./measured-points.ts"
import type { CurveSpread } from "./noise.ts"
import type { Selection } from "./sample-selection.ts"
import { fitVolume, type VolumeModel } from "./transfer-model.ts"

/** Everything that is fitted for one function by itself. */
export interface FunctionModel {
  /** The roofline alone. */
  readonly compute: ComputeParameters
  /** Median compute time with all that the cells justify on top of the roofline. */
  readonly curve: ComputeCurve
  /** Sd of the log error of the curve at configurations it was not fitted on. */
  readonly formSd: number
  /** How its warm cells spread around the curve. */
  readonly spread: CurveSpread
  /** CPU work that the computing of a cold instance's first call adds, ms on one vCPU. */
  readonly coldWorkMs: number
  /** Time of an invocation outside its parts, by memory, ms. */
  readonly overheadMs: (memoryMB: number) => number
  readonly floor: MemoryFloor
  readonly download: VolumeModel
  readonly upload: VolumeModel
  readonly cells: readonly Cell[]
  readonly measured: MeasuredPoints
}

export interface FunctionModelOptions {
  /** As the workflow declares it. */
  readonly threads: ThreadKind
  readonly mbPerVcpu: number
  readonly maxMemoryMB: number
  readonly memoryStepMB: number
}

/** Fits one function. The selection must hold at least one sample that ended well. A few ms. */
export function fitFunction(selection: Selection, options: FunctionModelOptions): FunctionModel {
  const warm = selection.ok.filter((sample) => !sample.cold)
  // Without warm samples the cold ones are taken for warm: their first-call work cannot be told from the rest.
  const base = warm.length > 0 ? warm : selection.ok.map((sample) => ({ ...sample, cold: false }))
  const cells = computeCells(warm.length > 0 ? selection.ok : base)
  const curve = fitComputeCurve(cells, { ...options, censored: timeoutCells(selection) })
  return {
    compute: curve.parameters,
    curve,
    formSd: formErrorSd(curve),
    spread: curveSpread(cells, curve),
    coldWorkMs: curve.coldWorkMs,
    overheadMs: fitOverhead(base, options.mbPerVcpu),
    floor: fitMemoryFloor(selection, options.memoryStepMB),
    download: fitVolume(base, "download"),
    upload: fitVolume(base, "upload"),
    cells,
    measured: measuredPoints(cells),
  }
}

/** Timeouts say "longer than that". */
function timeoutCells(selection: Selection): readonly Cell[] {
  return selection.timedOut.map(({ memoryMB, processes, tasks, durationMs }) => ({
    memoryMB,
    processes,
    tasks,
    cold: false,
    ms: durationMs,
    weight: 1,
  }))
}

/** Parameters that a curve mostly spends: phi, f0, w0 and one of the rest. */
const SPENT_PARAMETERS = 4

function curveSpread(cells: readonly Cell[], curve: ComputeCurve): CurveSpread {
  const warm = cells.filter((cell) => !cell.cold)
  const spare = warm.length - SPENT_PARAMETERS
  let squares = 0
  for (const cell of warm) {
    // As in logResiduals, times of a few ms have no spread worth learning.
    const ratio = Math.log((curve.ms(cell) + JITTER_MS) / (cell.ms + JITTER_MS))
    squares += Math.min(Math.abs(ratio), 0.5) ** 2
  }
  return { variance: squares / Math.max(1, spare), spare }
}

/** Error of an unseen configuration before it was measured, worth so many held-out cells; and its bounds. */
const PRIOR_FORM_SD = 0.04
const PRIOR_FORM_WEIGHT = 4
const FORM_BOUNDS = [0.02, 0.2] as const

/** Form error: errors at the inner memory sizes left out, pooled. Residuals at fitted points would flatter the curve. */
function formErrorSd({ heldOut }: ComputeCurve): number {
  let squares = PRIOR_FORM_WEIGHT * PRIOR_FORM_SD ** 2
  let count = PRIOR_FORM_WEIGHT
  for (const { inner, logErrors } of heldOut) {
    if (!inner || logErrors.length === 0) continue
    // Errors at one size go together: they count as one.
    squares += median(logErrors) ** 2
    count++
  }
  return Math.min(FORM_BOUNDS[1], Math.max(FORM_BOUNDS[0], Math.sqrt(squares / count)))
}
