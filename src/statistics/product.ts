import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { cdfAtLog, fromLogs, levelOf, type LevelOfTables, logAtLevel } from "./quantile-table.ts"

/** Shares of the strata that stand for the narrower factor, finer towards both ends; symmetric. */
const HALF = [0.005, 0.01, 0.02, 0.035, 0.05, 0.07, 0.09, 0.1, 0.12] as const
const WEIGHTS: readonly number[] = [...HALF, ...HALF.toReversed()]
/** Middle of each stratum. */
const MIDDLES: readonly LevelOfTables[] = WEIGHTS.map((weight, i) =>
  levelOf(WEIGHTS.slice(0, i).reduce((sum, each) => sum + each, 0) + weight / 2),
)
/** Quantiles are found to this relative error. */
const PRECISION = 1e-5

/**
 * The product of two independent factors: F(x) = sum of w F_wide(x / s) over strata s of the narrower one, inverted.
 * Within 2 % of the spread at every level; exact where one of the two never varies. About 0.1 ms.
 */
export function productOf(a: Distribution, b: Distribution): Distribution {
  const [wide, narrow] = spreadOf(a) >= spreadOf(b) ? [a, b] : [b, a]
  const strata = MIDDLES.map((level) => logAtLevel(narrow, level))
  const below = cdfAtLog(wide)
  const share = (log: number): number => {
    let sum = 0
    for (let i = 0; i < strata.length; i++) sum += WEIGHTS[i]! * below(log - strata[i]!)
    return sum
  }
  const [least, most] = [strata[0]!, strata.at(-1)!]
  const logs = PROBABILITIES.map((p, i) => {
    if (most - least < PRECISION) return wide.logMs[i]! + least
    const bracket = [wide.logMs[i]! + least, wide.logMs[i]! + most] as const
    return rootOf((log) => share(log) - p, { bracket, guess: guessOf(a, b, i) })
  })
  return fromLogs(
    logs.sort((x, y) => x - y),
    { xi: Math.max(a.tail.xi, b.tail.xi), fromP: 0.99 },
  )
}

/** Medians add in logs and deviations from them add in squares: exact for lognormal factors. */
function guessOf(a: Distribution, b: Distribution, i: number): number {
  const off = Math.hypot(a.logMs[i]! - a.logMs[2]!, b.logMs[i]! - b.logMs[2]!)
  return a.logMs[2]! + b.logMs[2]! + (i < 2 ? -off : off)
}

function spreadOf(d: Distribution): number {
  return d.logMs[5]! - d.logMs[0]!
}

/** The root of a rising function in a bracket that holds it: false position (Illinois) around a good guess. */
function rootOf(
  f: (x: number) => number,
  { bracket, guess }: { readonly bracket: readonly [number, number]; readonly guess: number },
): number {
  let [low, high] = bracket
  let below = f(low)
  let above = f(high)
  let x = Math.min(high, Math.max(low, guess))
  for (let i = 0; i < 40 && above > below; i++) {
    const value = f(x)
    if (value < 0) [low, below, above] = [x, value, above / 2]
    else [high, above, below] = [x, value, below / 2]
    const next = low - (below * (high - low)) / (above - below)
    if (Math.abs(next - x) < PRECISION) return next
    x = next
  }
  return x
}
