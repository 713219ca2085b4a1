/**
 * Lower factor L of a symmetric positive definite A = L L' (row-major, size x size) with `ridge` times its own diagonal
 * added, or null when A is not positive definite even so. O(size^3 / 6); A is left alone.
 */
export function choleskyFactor(a: ArrayLike<number>, size: number, ridge = 0): Float64Array | null {
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
  return lower
}

/** Solves L x = b. O(size^2). */
export function forwardSubstitute(lower: Float64Array, b: ArrayLike<number>): Float64Array {
  const size = b.length
  const x = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * x[k]!
    x[i] = sum / lower[i * size + i]!
  }
  return x
}

/** Solves L' x = b. O(size^2). */
export function backSubstitute(lower: Float64Array, b: ArrayLike<number>): Float64Array {
  const size = b.length
  const x = Float64Array.from(b)
  for (let i = size - 1; i >= 0; i--) {
    let sum = x[i]!
    for (let k = i + 1; k < size; k++) sum -= lower[k * size + i]! * x[k]!
    x[i] = sum / lower[i * size + i]!
  }
  return x
}
