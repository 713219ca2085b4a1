import { PROBABILITIES } from "./distribution.ts"
import { normalDensity, normalQuantile } from "./normal.ts"

/**
 * Weights that give the mean from the seven quantiles: the integral of a quantile function that is linear in
 * z = Phi^-1(p) between the points and beyond the ends. They sum to 1.
 */
const WEIGHTS: readonly number[] = meanWeights()

/**
 * Mean of a time from its quantiles at PROBABILITIES in a few additions, for inner loops. Exact for normal times, 0.2 %
 * off the mean of the quantile table at 30 % spread, 1 % at 60 %.
 */
export function tableMean(quantiles: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < WEIGHTS.length; i++) sum += WEIGHTS[i]! * quantiles[i]!
  return sum
}

function meanWeights(): number[] {
  const z = PROBABILITIES.map(normalQuantile)
  const weights = z.map(() => 0)
  const last = z.length - 2
  for (let i = 0; i <= last; i++) {
    // The first and the last segment go on to the ends.
    const fromP = i === 0 ? 0 : PROBABILITIES[i]!
    const toP = i === last ? 1 : PROBABILITIES[i + 1]!
    const fromDensity = i === 0 ? 0 : normalDensity(z[i]!)
    const toDensity = i === last ? 0 : normalDensity(z[i + 1]!)
    const mass = toP - fromP
    const first = fromDensity - toDensity
    const upper = (first - z[i]! * mass) / (z[i + 1]! - z[i]!)
    weights[i]! += mass - upper
    weights[i + 1]! += upper
  }
  return weights
}
