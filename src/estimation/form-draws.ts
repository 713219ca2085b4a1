import type { Random } from "../base/random.ts"
import { backSubstitute, choleskyFactor, forwardSubstitute } from "../statistics/cholesky.ts"
import { matern } from "../statistics/gaussian-process.ts"
import type { ComputePoint } from "./compute-model.ts"
import { normalOf } from "./curve-draws.ts"
import { type Place, placeOn } from "./residual-grid.ts"

/** What is left between one drawn curve and the cells, and how far the cells may be trusted. */
export interface FormEvidenceAt {
  readonly points: readonly ComputePoint[]
  /** [draw][cell]: ln(measured / drawn curve). */
  readonly residuals: readonly Float64Array[]
  /** Of each cell's median, from run to run. */
  readonly variances: ArrayLike<number>
  /** Sd of the form error in logs. */
  readonly sd: number
}

/** How far the field must reach. */
export interface FieldRange {
  readonly memoryMB: readonly [least: number, most: number]
  readonly processes: number
  readonly tasks: number
}

/** Errors of a curve's form in every draw, ln of a factor, on a grid in (ln m, 1.5 ln q, ln n). */
export interface FormField {
  readonly axes: readonly [Float64Array, Float64Array, Float64Array]
  /** [draw]: at axes[0][i], axes[1][j], axes[2][k] index (i * axes[1].length + j) * axes[2].length + k. */
  readonly values: readonly Float64Array[]
}

/** Distances in ln m, 1.5 ln q and ln n over which the form error of a curve changes. */
const LENGTHS = [0.5, 1, 1] as const
/** Half of it is a size's own, as published times over memory show: neighbours 64 MB apart do not share it. */
const OWN_SHARE = 0.5
const OWN_LENGTH = 0.03
/** Widest gaps between nodes. */
const GAPS = [0.05, 0.75, 0.75] as const
const JITTER = 1e-8

/**
 * Draws of the form error given what was measured (Matheron's rule: a draw of the prior, corrected by what the cells
 * say of it). The kernel is a product over the three inputs, so that a draw of the prior costs little on the whole grid;
 * all cells are nodes. Between nodes linear, outside constant. A few ms.
 */
export function drawForm(evidence: FormEvidenceAt, range: FieldRange, random: Random): FormField {
  const axes = axesOf(evidence.points, range)
  const inputs = evidence.points.map(inputsOf)
  const factors = axes.map(lowerFactor)
  const observed = observedFactor(inputs, evidence)
  const near = axes.map((axis, d) => inputs.map((input) => axis.map((node) => correlation(node, input[d]!, d))))
  const nodes = inputs.map((input) => axes.map((axis, d) => placeOn(axis, input[d]!).low) as [number, number, number])
  const values = evidence.residuals.map((residuals) => {
    const field = priorField(factors, axes, random)
    for (let at = 0; at < field.length; at++) field[at]! *= evidence.sd
    if (inputs.length === 0) return field
    const missing = residuals.map(
      (residual, i) =>
        residual - field[indexOf(axes, nodes[i]!)]! - Math.sqrt(evidence.variances[i]!) * normalOf(random),
    )
    const weights = backSubstitute(observed, forwardSubstitute(observed, missing))
    return corrected(field, { axes, near, weights, variance: evidence.sd ** 2 })
  })
  return { axes, values }
}

/** The error at a place of the grid in one draw. */
export function formAt({ axes }: FormField, values: Float64Array, [m, q, n]: readonly [Place, Place, Place]): number {
  const along = (i: number, j: number): number => {
    const row = (i * axes[1].length + j) * axes[2].length
    const low = values[row + n.low]!
    return low + n.share * (values[row + n.high]! - low)
  }
  const across = (i: number): number => {
    const low = along(i, q.low)
    return q.share === 0 ? low : low + q.share * (along(i, q.high) - low)
  }
  const low = across(m.low)
  return m.share === 0 ? low : low + m.share * (across(m.high) - low)
}

/** Inputs of the field at a point: only processes that have a task count. */
export function inputsOf({ memoryMB, processes, tasks }: ComputePoint): readonly [number, number, number] {
  const busy = Math.max(1, Math.min(processes, tasks))
  return [Math.log(memoryMB), 1.5 * Math.log(busy), Math.log(Math.max(1, tasks))]
}

function axesOf(points: readonly ComputePoint[], range: FieldRange): FormField["axes"] {
  const [least, most] = range.memoryMB
  const inputs = points.map(inputsOf)
  const nodes = (d: 0 | 1 | 2, ends: readonly number[]): Float64Array =>
    filled([...ends, ...inputs.map((input) => input[d])], GAPS[d])
  return [
    nodes(0, [Math.log(least), Math.log(most)]),
    nodes(1, [0, 1.5 * Math.log(Math.max(1, range.processes))]),
    nodes(2, [0, Math.log(Math.max(1, range.tasks))]),
  ]
}

/** The values ascending, with gaps wider than `gap` divided evenly. */
function filled(values: readonly number[], gap: number): Float64Array {
  const nodes = [...new Set(values)].sort((a, b) => a - b)
  const out: number[] = [nodes[0]!]
  for (let i = 1; i < nodes.length; i++) {
    const [from, to] = [nodes[i - 1]!, nodes[i]!]
    const parts = Math.ceil((to - from) / gap - 1e-9)
    for (let k = 1; k <= parts; k++) out.push(k === parts ? to : from + (k * (to - from)) / parts)
  }
  return Float64Array.from(out)
}

function correlation(a: number, b: number, d: number): number {
  const common = matern(((a - b) / LENGTHS[d]!) ** 2)
  return d === 0 ? (1 - OWN_SHARE) * common + OWN_SHARE * matern(((a - b) / OWN_LENGTH) ** 2) : common
}

function lowerFactor(axis: Float64Array, d: number): Float64Array {
  const size = axis.length
  const kernel = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) kernel[i * size + j] = correlation(axis[i]!, axis[j]!, d)
  return factored(kernel, size)
}

function observedFactor(inputs: readonly (readonly number[])[], { sd, variances }: FormEvidenceAt): Float64Array {
  const size = inputs.length
  const kernel = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const same = inputs[i]!.reduce((product, value, d) => product * correlation(value, inputs[j]![d]!, d), 1)
      kernel[i * size + j] = sd ** 2 * same + (i === j ? variances[i]! : 0)
    }
  return factored(kernel, size)
}

function factored(kernel: Float64Array, size: number): Float64Array {
  const lower = choleskyFactor(kernel, size, JITTER)
  if (lower === null) throw new Error("the kernel matrix of a form error is singular")
  return lower
}

/** Independent numbers multiplied by each axis's factor in turn: unit variance, the product of the kernels. */
function priorField(factors: readonly Float64Array[], axes: FormField["axes"], random: Random): Float64Array {
  const shape = axes.map((axis) => axis.length)
  let field = Float64Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => normalOf(random))
  let inner = 1
  for (let d = 2; d >= 0; d--) {
    const size = shape[d]!
    const lower = factors[d]!
    const next = new Float64Array(field.length)
    for (let at = 0; at < field.length; at++) {
      const i = Math.floor(at / inner) % size
      const base = at - i * inner
      let sum = 0
      for (let k = 0; k <= i; k++) sum += lower[i * size + k]! * field[base + k * inner]!
      next[at] = sum
    }
    field = next
    inner *= size
  }
  return field
}

interface Correction {
  readonly axes: FormField["axes"]
  /** [axis][cell][node]: correlation of the cell with the nodes along one axis. */
  readonly near: readonly (readonly Float64Array[])[]
  readonly weights: Float64Array
  readonly variance: number
}

/** Adds k(node, cells) times the weights to every node. */
function corrected(field: Float64Array, { axes, near, weights, variance }: Correction): Float64Array {
  const [along, across, deep] = axes
  for (let c = 0; c < weights.length; c++) {
    const weight = variance * weights[c]!
    let at = 0
    for (let i = 0; i < along.length; i++)
      for (let j = 0; j < across.length; j++) {
        const part = weight * near[0]![c]![i]! * near[1]![c]![j]!
        for (let k = 0; k < deep.length; k++) field[at++]! += part * near[2]![c]![k]!
      }
  }
  return field
}

function indexOf(axes: FormField["axes"], [i, j, k]: readonly [number, number, number]): number {
  return (i * axes[1].length + j) * axes[2].length + k
}
