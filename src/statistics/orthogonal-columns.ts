/** Independent columns of a matrix, orthogonal and of length sqrt(rows), and the way back to the columns themselves. */
export interface OrthogonalColumns {
  /** Row-major, `rank` wide. */
  readonly q: Float64Array
  readonly rank: number
  /** Coefficients of the original columns from those of q; columns that depend on earlier ones get 0. */
  original(coefficients: ArrayLike<number>): number[]
}

/** A column of which less than this share is left beside the earlier ones counts as dependent on them. */
const DEPENDENT = 1e-10
/** A column of which less is left has lost digits, and goes through a second time (Kahan's "twice is enough"). */
const CANCELLED = 0.7

/**
 * Gram-Schmidt, twice where needed, so that q is orthogonal to rounding even where the columns are nearly collinear, as
 * squares and products are. O(rows * width^2).
 */
export function orthogonalColumns(rows: readonly (readonly number[])[], width: number): OrthogonalColumns {
  const kept: number[] = []
  const basis: Float64Array[] = []
  const triangle: number[][] = []
  for (let j = 0; j < width; j++) {
    const column = new Float64Array(rows.length)
    for (let i = 0; i < rows.length; i++) column[i] = rows[i]![j]!
    const before = length(column)
    const shares = basis.map(() => 0)
    for (const [k, other] of basis.entries()) shares[k]! += removeShare(column, other)
    let left = length(column)
    if (left < CANCELLED * before) {
      for (const [k, other] of basis.entries()) shares[k]! += removeShare(column, other)
      left = length(column)
    }
    if (left <= DEPENDENT * before || left === 0) continue
    for (let i = 0; i < column.length; i++) column[i]! /= left
    kept.push(j)
    basis.push(column)
    triangle.push([...shares, left])
  }
  return {
    q: interleave(basis, rows.length),
    rank: kept.length,
    original: (coefficients) => backSubstitute(coefficients, { kept, triangle, width }),
  }
}

/** Root mean square, so that columns of q have entries of order one. */
function length(column: Float64Array): number {
  let squares = 0
  for (let i = 0; i < column.length; i++) squares += column[i]! ** 2
  return Math.sqrt(squares / column.length)
}

function removeShare(column: Float64Array, other: Float64Array): number {
  let share = 0
  for (let i = 0; i < column.length; i++) share += column[i]! * other[i]!
  share /= column.length
  for (let i = 0; i < column.length; i++) column[i]! -= share * other[i]!
  return share
}

function interleave(columns: readonly Float64Array[], rows: number): Float64Array {
  const width = columns.length
  const out = new Float64Array(rows * width)
  for (const [j, column] of columns.entries()) for (let i = 0; i < rows; i++) out[i * width + j] = column[i]!
  return out
}

/** Column j of the original is the sum over k of triangle[j][k] times column k of q. */
function backSubstitute(
  coefficients: ArrayLike<number>,
  {
    kept,
    triangle,
    width,
  }: { readonly kept: readonly number[]; readonly triangle: number[][]; readonly width: number },
): number[] {
  const result = Array.from({ length: width }, () => 0)
  const rest = Array.from(coefficients)
  for (let j = kept.length - 1; j >= 0; j--) {
    const value = rest[j]! / triangle[j]![j]!
    result[kept[j]!] = value
    for (let k = 0; k < j; k++) rest[k]! -= value * triangle[j]![k]!
  }
  return result
}
