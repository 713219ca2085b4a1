/** Count, mean and spread of values, kept as three numbers that can be added up. */
export interface Moments {
  readonly count: number
  readonly mean: number
  /** Sum of squared distances from the mean. */
  readonly squares: number
}

export const NO_MOMENTS: Moments = { count: 0, mean: 0, squares: 0 }

export function momentsOf(values: Iterable<number>): Moments {
  let count = 0
  let mean = 0
  let squares = 0
  for (const value of values) {
    count++
    const off = value - mean
    mean += off / count
    squares += off * (value - mean)
  }
  return { count, mean, squares }
}

/** Those of both sets together. */
export function together(a: Moments, b: Moments): Moments {
  const count = a.count + b.count
  if (count === 0) return NO_MOMENTS
  const off = b.mean - a.mean
  return {
    count,
    mean: a.mean + (off * b.count) / count,
    squares: a.squares + b.squares + (off * off * a.count * b.count) / count,
  }
}

/** Variance of one value; 0 of fewer than two. */
export function varianceOf({ count, squares }: Moments): number {
  return count > 1 ? squares / (count - 1) : 0
}
