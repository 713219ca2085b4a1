import { backSubstitute, choleskyFactor, forwardSubstitute } from "./cholesky.ts"

/**
 * Solves A x = b for a symmetric positive definite A (row-major, size x size) by Cholesky, with `ridge` times its own
 * diagonal added. Returns null when A is not positive definite even so. O(size^3); A and b are left alone.
 */
export function solveSymmetric(a: ArrayLike<number>, b: ArrayLike<number>, ridge = 0): Float64Array | null {
  const lower = choleskyFactor(a, b.length, ridge)
  return lower === null ? null : backSubstitute(lower, forwardSubstitute(lower, b))
}

/**
 * Replaces a square matrix (row-major, size x size) by its inverse, by Gauss-Jordan elimination with partial pivoting.
 * Returns false, with the matrix spoilt, when it is singular to rounding. O(size^3)
 */
export function invert(matrix: Float64Array, size: number): boolean {
  const from = new Int32Array(size)
  let largest = 0
  for (const value of matrix) largest = Math.max(largest, Math.abs(value))
  for (let k = 0; k < size; k++) {
    let pivot = k
    for (let i = k + 1; i < size; i++) {
      if (Math.abs(matrix[i * size + k]!) > Math.abs(matrix[pivot * size + k]!)) pivot = i
    }
    if (!(Math.abs(matrix[pivot * size + k]!) > 1e-13 * largest)) return false
    from[k] = pivot
    swapRows(matrix, size, [k, pivot])
    eliminate(matrix, size, k)
  }
  // The rows were swapped on the way: the columns of the inverse go back in the opposite order.
  for (let k = size - 1; k >= 0; k--) {
    for (let i = 0; i < size; i++) {
      const kept = matrix[i * size + k]!
      matrix[i * size + k] = matrix[i * size + from[k]!]!
      matrix[i * size + from[k]!] = kept
    }
  }
  return true
}

function swapRows(matrix: Float64Array, size: number, [a, b]: readonly [number, number]): void {
  if (a === b) return
  for (let j = 0; j < size; j++) {
    const kept = matrix[a * size + j]!
    matrix[a * size + j] = matrix[b * size + j]!
    matrix[b * size + j] = kept
  }
}

/** One step of the elimination in place: column k becomes a column of the inverse. */
function eliminate(matrix: Float64Array, size: number, k: number): void {
  const scale = 1 / matrix[k * size + k]!
  matrix[k * size + k] = 1
  for (let j = 0; j < size; j++) matrix[k * size + j]! *= scale
  for (let i = 0; i < size; i++) {
    if (i === k) continue
    const factor = matrix[i * size + k]!
    matrix[i * size + k] = 0
    for (let j = 0; j < size; j++) matrix[i * size + j]! -= factor * matrix[k * size + j]!
  }
}
