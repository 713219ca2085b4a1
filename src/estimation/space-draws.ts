/**
 * What estimates leave open about one step, as equally likely draws: parameters of the curve and error of its form.
 *
 * D1. A draw is a factor on the fitted curve. The draws are not centred on the fit: where it bends, as at one vCPU, their
 *     mean lies above it, and that is what a plan on the edge has to fear. With many samples all go through the cells.
 * D2. Steps of one function share its draws; the same seed and profile give the same draws bit for bit.
 * D3. Noise from run to run stays in the spaces: no number of samples lowers it.
 */
import { seededRandom, seedOf } from "../base/random.ts"
import { type CompileContext, compileSpace } from "./compile.ts"
import { type ComputeAxes, computeMs, type ComputeParameters, computeTable } from "./compute-model.ts"
import { drawCurves } from "./curve-draws.ts"
import type { CompiledSpace, CompileRequest } from "./estimator.ts"
import { type Cell, memoriesOf } from "./cells.ts"
import { type FieldRange, formAt, type FormField, drawForm, inputsOf } from "./form-draws.ts"
import type { FormError } from "./form-error.ts"
import { logSdOf } from "./noise.ts"
import { PROBABILITIES } from "../statistics/distribution.ts"
import { partMemo } from "./part-memo.ts"
import { type Place, placeOn } from "./residual-grid.ts"
import { runsOf } from "./sample.ts"
import { configurationOf, type Selection } from "./sample-selection.ts"
import type { StepModel } from "./step-model.ts"

export interface DrawRequest {
  readonly count: number
  readonly seed: number
}

/** One step's space as it would be in each draw. */
export interface SpaceDraws {
  /** Were the curve known: spread from run to run alone. */
  readonly known: CompiledSpace
  /** [draw]: ln of the factor on compute, laid out like `computeMs`. */
  readonly logFactors: readonly Float64Array[]
  /** Sd of ln t of one more measurement. */
  readonly noiseSd: number
}

/** The curves of one function that are possible, with the errors of their forms. */
export interface FunctionDraws {
  readonly curves: readonly ComputeParameters[]
  readonly field: FormField
  /** Sd of ln t of one more measurement. */
  readonly noiseSd: number
}

export interface FunctionDrawOptions extends DrawRequest {
  readonly mbPerVcpu: number
  readonly range: FieldRange
}

/** Form errors come from a library of fits to five sizes; with fewer they hold the doubt of the parameters too. */
const LIBRARY_MEMORIES = 5
const NO_FORM_ERROR: FormError = { sd: 0, logs: PROBABILITIES.map(() => 0) }

/** Draws what is possible for one function. 10-30 ms for 64 draws. */
export function drawFunction(
  model: StepModel,
  selection: Selection,
  { count, seed, mbPerVcpu, range }: FunctionDrawOptions,
): FunctionDraws {
  const cells = model.functionModel.cells.filter((cell) => !cell.cold && cell.ms > 0)
  const random = seededRandom(seedOf(`${seed}/${selection.functionName}`))
  const runs = runsBy(selection)
  const noise = logSdOf(model.noise)
  const own = Float64Array.from(cells, (cell) => noise ** 2 / ((runs.get(keyOf(cell)) ?? 1) * Math.min(1, cell.weight)))
  const sd = formSdOf(model.form, memoriesOf(cells).length)
  const { compute } = model.functionModel
  const { curves, scale } =
    cells.length === 0
      ? { curves: Array.from({ length: count }, () => compute), scale: 1 }
      : drawCurves(
          { cells, variances: own.map((variance) => variance + sd ** 2), fitted: compute, mbPerVcpu },
          { count, random },
        )
  const residuals = curves.map((curve) =>
    Float64Array.from(cells, (cell) => Math.log(cell.ms / Math.max(computeMs(curve, cell), LEAST_MS))),
  )
  const variances = own.map((variance) => scale * variance)
  const field = drawForm({ points: cells, residuals, variances, sd: Math.sqrt(scale) * sd }, range, random)
  return { curves, field, noiseSd: Math.sqrt(scale) * noise }
}

/** The draws of a function on the space of one of its steps. 64 draws of 20,000 points of compute: some 60 ms. */
export function drawSpace(request: CompileRequest, context: CompileContext, draws: FunctionDraws): SpaceDraws {
  const { model } = context
  const known = compileSpace(request, { ...context, model: certain(model) })
  const axes: ComputeAxes = { ...known, tasks: known.tasksPerInstance }
  const fitted = model.functionModel.curve.table(axes)
  const overheads = known.memoryMB.map((memoryMB) => model.functionModel.overheadMs(memoryMB))
  const width = fitted.length / Math.max(1, overheads.length)
  const logFactors = logTables(axes, draws).map((logs) =>
    logs.map((log, at) => {
      const overheadMs = overheads[Math.floor(at / width)]!
      return Math.log((Math.exp(log) + overheadMs) / Math.max(fitted[at]! + overheadMs, LEAST_MS))
    }),
  )
  return { known, logFactors, noiseSd: draws.noiseSd }
}

/** The model as if its curve were right: corrections for sizes that were left out are about the curve too. */
function certain(model: StepModel): StepModel {
  const { corrections: _, ...rest } = model
  return { ...rest, form: NO_FORM_ERROR, factors: new Map(), memo: partMemo() }
}

/** ln t of every draw at every point of the axes, tasks changing fastest. */
function logTables(axes: ComputeAxes, { curves, field }: FunctionDraws): Float64Array[] {
  const places = placesOf(axes, field)
  return curves.map((curve, b) => {
    const table = computeTable(curve, axes)
    const values = field.values[b]!
    for (let at = 0; at < table.length; at++)
      table[at] = Math.log(Math.max(table[at]!, LEAST_MS)) + formAt(field, values, places[at]!)
    return table
  })
}

const LEAST_MS = 1e-3

function placesOf(axes: ComputeAxes, { axes: nodes }: FormField): readonly (readonly [Place, Place, Place])[] {
  const places: (readonly [Place, Place, Place])[] = []
  for (const memoryMB of axes.memoryMB)
    for (const processes of axes.processes)
      for (const tasks of axes.tasks) {
        const [m, q, n] = inputsOf({ memoryMB, processes, tasks })
        places.push([placeOn(nodes[0], m), placeOn(nodes[1], q), placeOn(nodes[2], n)])
      }
  return places
}

/** Without the doubt of parameters that few sizes add to the form error of a fit: those are drawn themselves. */
function formSdOf({ sd }: FormError, memories: number): number {
  return sd * Math.min(1, Math.sqrt(Math.max(1, memories) / LIBRARY_MEMORIES))
}

/** Warm runs behind each cell. */
function runsBy({ ok }: Selection): ReadonlyMap<string, number> {
  const runs = new Map<string, number>()
  for (const sample of ok) {
    const key = configurationOf(sample)
    runs.set(key, (runs.get(key) ?? 0) + runsOf(sample))
  }
  return runs
}

function keyOf({ memoryMB, processes, tasks, cold }: Cell): string {
  return `${memoryMB}/${processes}/${tasks}/${cold}`
}
