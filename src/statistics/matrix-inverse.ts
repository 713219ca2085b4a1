/**
 * Inverts a square matrix (row-major, size x size) in place by Gauss-Jordan with partial pivoting. False, with `a` in
 * pieces, when it is singular to rounding. O(size^3), for sizes of up to about ten and entries of order one.
 */
export function invert(a: Float64Array, size: number): boolean {
  const order = new Int32Array(size)
  for (let k = 0; k < size; k++) {
    let pivot = k
    for (let i = k + 1; i < size; i++) if (Math.abs(a[i * size + k]!) > Math.abs(a[pivot * size + k]!)) pivot = i
    order[k] = pivot
    const value = a[pivot * size + k]!
    if (Math.abs(value) < 1e-12) return false
    swapRows(a, size, k, pivot)
    a[k * size + k] = 1
    for (let j = 0; j < size; j++) a[k * size + j]! /= value
    for (let i = 0; i < size; i++) {
      if (i === k) continue
      const factor = a[i * size + k]!
      a[i * size + k] = 0
      for (let j = 0; j < size; j++) a[i * size + j]! -= factor * a[k * size + j]!
    }
  }
  for (let k = size - 1; k >= 0; k--) swapColumns(a, size, k, order[k]!)
  return true
}

function swapRows(a: Float64Array, size: number, first: number, second: number): void {
  if (first === second) return
  for (let j = 0; j < size; j++) {
    const kept = a[first * size + j]!
    a[first * size + j] = a[second * size + j]!
    a[second * size + j] = kept
  }
}

function swapColumns(a: Float64Array, size: number, first: number, second: number): void {
  if (first === second) return
  for (let i = 0; i < size; i++) {
    const kept = a[i * size + first]!
    a[i * size + first] = a[i * size + second]!
    a[i * size + second] = kept
  }
}
