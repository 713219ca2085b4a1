import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { cdf, fromLogs, quantile } from "./quantile-table.ts"

/** Shares of the strata that stand for the narrower factor, finer towards both ends; symmetric. */
const HALF = [0.005, 0.01, 0.02, 0.035, 0.05, 0.07, 0.09, 0.1, 0.12] as const
const WEIGHTS: readonly number[] = [...HALF, ...HALF.toReversed()]
/** Middle probability of each stratum. */
const MIDDLES: readonly number[] = WEIGHTS.map(
  (weight, i) => WEIGHTS.slice(0, i).reduce((sum, each) => sum + each, 0) + weight / 2,
)
/** Quantiles are found to this relative error. */
const PRECISION = 1e-5

/**
 * The product of two independent factors: F(x) = sum of w F_wide(x / s) over strata s of the narrower one, inverted.
 * Within 2 % of the spread at every level; exact where one of the two never varies. About 0.1 ms.
 */
export function productOf(a: Distribution, b: Distribution): Distribution {
  const [wide, narrow] = spreadOf(a) >= spreadOf(b) ? [a, b] : [b, a]
  const strata = MIDDLES.map((p) => quantile(narrow, p))
  const share = (log: number): number => {
    const x = Math.exp(log)
    let sum = 0
    for (let i = 0; i < strata.length; i++) sum += WEIGHTS[i]! * cdf(wide, x / strata[i]!)
    return sum
  }
  const [least, most] = [Math.log(strata[0]!), Math.log(strata.at(-1)!)]
  const logs = PROBABILITIES.map((p, i) =>
    most - least < PRECISION
      ? wide.logMs[i]! + least
      : rootOf((log) => share(log) - p, [wide.logMs[i]! + least, wide.logMs[i]! + most]),
  )
  return fromLogs(
    logs.sort((x, y) => x - y),
    { xi: Math.max(a.tail.xi, b.tail.xi), fromP: 0.99 },
  )
}

function spreadOf(d: Distribution): number {
  return d.logMs[5]! - d.logMs[0]!
}

/** The root of a rising function in a bracket that holds it, by false position (Illinois). */
function rootOf(f: (x: number) => number, bracket: readonly [number, number]): number {
  let [low, high] = bracket
  let below = f(low)
  let above = f(high)
  for (let i = 0; i < 40 && high - low > PRECISION && above > below; i++) {
    const x = low - (below * (high - low)) / (above - below)
    const value = f(x)
    if (Math.abs(value) < 1e-7) return x
    if (value < 0) [low, below, above] = [x, value, above / 2]
    else [high, above, below] = [x, value, below / 2]
  }
  return (low + high) / 2
}
