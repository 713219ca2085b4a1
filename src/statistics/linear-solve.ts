/**
 * Solves A x = b for a symmetric positive definite A (row-major, size x size) by Cholesky, with `ridge` times its own
 * diagonal added. Returns null when A is not positive definite even so. O(size^3); A and b are left alone.
 */
export function solveSymmetric(a: ArrayLike<number>, b: ArrayLike<number>, ridge = 0): Float64Array | null {
  const size = b.length
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j]! * (i === j ? 1 + ridge : 1)
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum)
      else return null
    }
  }
  return substitute(lower, b)
}

function substitute(lower: Float64Array, b: ArrayLike<number>): Float64Array {
  const size = b.length
  const x = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * x[k]!
    x[i] = sum / lower[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = x[i]!
    for (let k = i + 1; k < size; k++) sum -= lower[k * size + i]! * x[k]!
    x[i] = sum / lower[i * size + i]!
  }
  return x
}
