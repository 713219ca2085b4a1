import type { Random } from "../../base/random.ts"

/**
 * A gamma number of that shape and mean 1, by Marsaglia and Tsang (2000); shapes below 1 by their boost. Its coefficient
 * of variation is shape^-1/2.
 */
export function gamma(shape: number, random: Random): number {
  if (shape < 1) return (gammaFromOne(shape + 1, random) * random.next() ** (1 / shape)) / shape
  return gammaFromOne(shape, random) / shape
}

function gammaFromOne(shape: number, random: Random): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
