import { dot, frischNewton } from "./frisch-newton.ts"

/** Rows of predictors (a constant column included where one is wanted) and what they should predict. */
export interface RegressionData {
  readonly rows: readonly (readonly number[])[]
  readonly targets: readonly number[]
}

export interface QuantileFit {
  readonly coefficients: readonly number[]
  /** Sum of the pinball losses. */
  readonly loss: number
  /** False when the interior point stalled: the coefficients are the best seen. */
  readonly converged: boolean
}

/**
 * Quantile regression at level tau: minimises the pinball loss exactly, by the Frisch-Newton interior point of
 * Portnoy and Koenker (1997) on the dual with box. Columns may be collinear (relative ridge 1e-14), rows may repeat.
 * 200 rows take about 2 ms, 1,000 about 25 ms. Needs at least one row; never throws on numbers.
 */
export function quantileRegression(data: RegressionData, tau: number): QuantileFit {
  const { rows, targets } = data
  const width = rows[0]?.length ?? 0
  if (width === 0) return { coefficients: [], loss: pinball(data, [], tau), converged: true }
  const scale = columnScales(data, width)
  const x = rows.map((row) => row.map((value, j) => value / scale[j]!))
  const solved = frischNewton(x, targets, tau)
  const polished = polish({ rows: x, targets }, solved.coefficients, tau)
  const coefficients = polished.map((value, j) => value / scale[j]!)
  return { coefficients, loss: pinball(data, coefficients, tau), converged: solved.converged }
}

/** Sum over the rows of tau r for r >= 0 and (tau - 1) r for r < 0, r = target - prediction. */
export function pinball(data: RegressionData, coefficients: readonly number[], tau: number): number {
  let sum = 0
  for (const [i, row] of data.rows.entries()) {
    const residual = data.targets[i]! - dot(row, coefficients)
    sum += residual >= 0 ? tau * residual : (tau - 1) * residual
  }
  return sum
}

function columnScales(data: RegressionData, width: number): number[] {
  const scales = Array.from({ length: width }, () => 0)
  for (const row of data.rows) for (let j = 0; j < width; j++) scales[j] = Math.max(scales[j]!, Math.abs(row[j]!))
  return scales.map((scale) => (scale > 0 ? scale : 1))
}

/**
 * An optimum is reached at a basic solution, a plane through `width` rows: interpolating the rows closest to the
 * interior-point answer takes the last 1e-9 of the gap away. Kept only if the loss falls.
 */
function polish(data: RegressionData, coefficients: readonly number[], tau: number): readonly number[] {
  const width = coefficients.length
  const order = data.rows
    .map((row, i) => ({ i, distance: Math.abs(data.targets[i]! - dot(row, coefficients)) }))
    .sort((a, b) => a.distance - b.distance || a.i - b.i)
  const basis: Pivoted[] = []
  for (const { i } of order) {
    if (basis.length === width) break
    const row = reduced(basis, [...data.rows[i]!, data.targets[i]!], width)
    if (row !== null) basis.push(row)
  }
  if (basis.length < width) return coefficients
  const basic = Array.from({ length: width }, () => 0)
  for (const { pivot, row } of basis) basic[pivot] = row[width]!
  return pinball(data, basic, tau) < pinball(data, coefficients, tau) ? basic : coefficients
}

/** A row of the eliminated system: 1 in its pivot column, 0 in the pivots of the others. */
interface Pivoted {
  readonly pivot: number
  readonly row: readonly number[]
}

/** Gauss-Jordan: clears the pivots of `basis` from the row and the row's pivot from `basis`; null when dependent. */
function reduced(basis: Pivoted[], row: readonly number[], width: number): Pivoted | null {
  let rest = row
  for (const other of basis) rest = minus(rest, rest[other.pivot]!, other.row)
  let pivot = 0
  for (let j = 1; j < width; j++) if (Math.abs(rest[j]!) > Math.abs(rest[pivot]!)) pivot = j
  const size = rest[pivot]!
  if (Math.abs(size) < 1e-9) return null
  const result = rest.map((value) => value / size)
  for (const [k, other] of basis.entries()) {
    basis[k] = { pivot: other.pivot, row: minus(other.row, other.row[pivot]!, result) }
  }
  return { pivot, row: result }
}

function minus(row: readonly number[], factor: number, other: readonly number[]): readonly number[] {
  return row.map((value, j) => value - factor * other[j]!)
}
