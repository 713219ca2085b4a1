import { backSubstitute, choleskyFactor, forwardSubstitute } from "./cholesky.ts"

/**
 * Solves A x = b for a symmetric positive definite A (row-major, size x size) by Cholesky, with `ridge` times its own
 * diagonal added. Returns null when A is not positive definite even so. O(size^3); A and b are left alone.
 */
export function solveSymmetric(a: ArrayLike<number>, b: ArrayLike<number>, ridge = 0): Float64Array | null {
  const lower = choleskyFactor(a, b.length, ridge)
  return lower === null ? null : backSubstitute(lower, forwardSubstitute(lower, b))
}
