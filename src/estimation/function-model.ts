import { median } from "../statistics/order-statistics.ts"
import { addEquation, normalEquations, solveNonNegative } from "../statistics/non-negative-least-squares.ts"
import { type Cell, computeCells, JITTER_MS, memoriesOf } from "./cells.ts"
import { fitOverhead } from "./cold-start.ts"
import type { ComputeFit } from "./compute-candidate.ts"
import { fitCompute } from "./compute-fit.ts"
import {
  computeColumns,
  computeMs,
  type ComputeParameters,
  type ComputePoint,
  type ThreadKind,
} from "./compute-model.ts"
import { fitMemoryFloor, type MemoryFloor } from "./memory-floor.ts"
import type { CurveSpread } from "./noise.ts"
import type { Selection } from "./sample-selection.ts"
import { fitVolume, type VolumeModel } from "./transfer-model.ts"

/** Everything that is fitted for one function by itself. */
export interface FunctionModel {
  readonly compute: ComputeParameters
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
  const fit = withTimeouts(fitKind(cells, options), { cells, selection, options })
  return {
    compute: fit.parameters,
    formSd: formErrorSd(computeCells(base), fit.parameters),
    spread: curveSpread(cells, fit.parameters),
    coldWorkMs: fit.coldWorkMs,
    overheadMs: fitOverhead(base, options.mbPerVcpu),
    floor: fitMemoryFloor(selection, options.memoryStepMB),
    download: fitVolume(base, "download"),
    upload: fitVolume(base, "upload"),
    cells,
  }
}

/** Code declared single-threaded that plainly uses several cores with one process is modelled as what it is. */
const MULTI_GAIN = 0.25
const MULTI_ERROR = 0.05

function fitKind(cells: readonly Cell[], options: FunctionModelOptions): ComputeFit {
  const declared = fitCompute(cells, { ...options, kind: options.threads })
  const wide = cells.some((cell) => cell.processes === 1 && cell.memoryMB > 1.2 * options.mbPerVcpu)
  if (options.threads === "multi" || !wide || memoriesOf(cells).length < 3) return declared
  if (Math.sqrt(declared.meanSquare) < MULTI_ERROR) return declared
  const multi = fitCompute(cells, { ...options, kind: "multi" })
  return multi.meanSquare < MULTI_GAIN * declared.meanSquare ? multi : declared
}

/** Timeouts say "longer than that": those the curve contradicts join the fit at their limit. */
function withTimeouts(
  fit: ComputeFit,
  data: { readonly cells: readonly Cell[]; readonly selection: Selection; readonly options: FunctionModelOptions },
): ComputeFit {
  const contradicted = data.selection.timedOut
    .map(({ memoryMB, processes, tasks, durationMs }) => ({
      memoryMB,
      processes,
      tasks,
      cold: false,
      ms: durationMs,
      weight: 1,
    }))
    .filter((cell) => cell.ms > computeMs(fit.parameters, cell))
  if (contradicted.length === 0) return fit
  return fitCompute([...data.cells, ...contradicted], { ...data.options, kind: fit.parameters.kind })
}

/** Parameters that a curve mostly spends: phi, f0, w0 and one of the rest. */
const SPENT_PARAMETERS = 4

function curveSpread(cells: readonly Cell[], parameters: ComputeParameters): CurveSpread {
  const warm = cells.filter((cell) => !cell.cold)
  const spare = warm.length - SPENT_PARAMETERS
  let squares = 0
  for (const cell of warm) {
    // As in logResiduals, times of a few ms have no spread worth learning.
    const ratio = Math.log((computeMs(parameters, cell) + JITTER_MS) / (cell.ms + JITTER_MS))
    squares += Math.min(Math.abs(ratio), 0.5) ** 2
  }
  return { variance: squares / Math.max(1, spare), spare }
}

/** Error of an unseen configuration before it was measured, worth so many held-out cells; and its bounds. */
const PRIOR_FORM_SD = 0.04
const PRIOR_FORM_WEIGHT = 4
const FORM_BOUNDS = [0.02, 0.2] as const

/**
 * Form error: each inner memory size is left out in turn, phi, f0 and w0 are fitted to the rest, and the log errors
 * at the size left out are pooled. Residuals at fitted points would flatter the curve.
 */
function formErrorSd(cells: readonly Cell[], parameters: ComputeParameters): number {
  const memories = memoriesOf(cells)
  let squares = PRIOR_FORM_WEIGHT * PRIOR_FORM_SD ** 2
  let count = PRIOR_FORM_WEIGHT
  for (const memoryMB of memories.slice(1, -1)) {
    const rest = refit(
      cells.filter((cell) => cell.memoryMB !== memoryMB),
      parameters,
    )
    const errors = cells
      .filter((cell) => cell.memoryMB === memoryMB)
      .map((cell) => Math.log(Math.max(computeMs(rest, cell), 1e-6) / cell.ms))
    // Errors at one size go together: they count as one.
    squares += Math.min(Math.abs(median(errors)), 0.5) ** 2
    count++
  }
  return Math.min(FORM_BOUNDS[1], Math.max(FORM_BOUNDS[0], Math.sqrt(squares / count)))
}

function refit(cells: readonly Cell[], parameters: ComputeParameters): ComputeParameters {
  const sums = normalEquations(3)
  for (const cell of cells) {
    const [start, work] = computeColumns(parameters, cell)
    addEquation(sums, [1 / cell.ms, start / cell.ms, work / cell.ms], { target: 1, weight: 1 })
  }
  const [phiMs = 0, f0Ms = 0, w0Ms = 0] = solveNonNegative(sums).coefficients
  return { ...parameters, phiMs, f0Ms, w0Ms }
}

/** What a prediction at a point rests on. */
export function supportAt(
  model: FunctionModel,
  point: ComputePoint,
  doubtful: boolean,
): "measured" | "interpolated" | "extrapolated" {
  const { cells } = model
  const processes = Math.min(point.processes, point.tasks)
  const same = cells.some(
    (cell) =>
      cell.memoryMB === point.memoryMB &&
      cell.tasks === point.tasks &&
      Math.min(cell.processes, cell.tasks) === processes,
  )
  if (doubtful) return "extrapolated"
  if (same) return "measured"
  const inside = (pick: (cell: ComputePoint) => number): boolean => {
    const values = cells.map(pick)
    return pick(point) >= Math.min(...values) && pick(point) <= Math.max(...values)
  }
  const within =
    inside((cell) => cell.memoryMB) &&
    inside((cell) => cell.tasks) &&
    inside((cell) => Math.min(cell.processes, cell.tasks))
  return within ? "interpolated" : "extrapolated"
}
