/** What one invocation of a function is expected to take by memory size, on its own: what it waits for others is left out. */
export interface SizeCurve {
  /** The sizes that it may have, ascending: the grid that changes move on. */
  readonly memoryMB: readonly number[]
  /** Mean ms by index of `memoryMB`; NaN where it cannot run (memory floor, timeout). */
  readonly ms: Float64Array
}

/** Index of a size on the grid: its own, or the nearest where it is none of them. */
export function positionOf({ memoryMB }: Pick<SizeCurve, "memoryMB">, size: number): number {
  let nearest = 0
  for (const [i, memory] of memoryMB.entries())
    if (Math.abs(memory - size) < Math.abs(memoryMB[nearest]! - size)) nearest = i
  return nearest
}

/** The expected time at any size: read off the grid, between two of its sizes as a power of the size. */
export function msAt({ memoryMB, ms }: SizeCurve, size: number): number {
  const above = memoryMB.findIndex((memory) => memory >= size)
  if (above < 0) return ms.at(-1)!
  if (above === 0 || memoryMB[above] === size) return ms[above]!
  const share = Math.log(size / memoryMB[above - 1]!) / Math.log(memoryMB[above]! / memoryMB[above - 1]!)
  return ms[above - 1]! * (ms[above]! / ms[above - 1]!) ** share
}
