/**
 * Distributions made of distributions. All pure; the results are quantile tables again: exact at the seven points, near
 * beyond P99, where only one shape is left to choose.
 */
import { fromQuantilesAndP999 } from "./deep-quantile.ts"
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import {
  cdf,
  fromLogs,
  fromQuantiles,
  LEAST_MS,
  levelOf,
  type LevelOfTables,
  logAtLevel,
  quantile,
} from "./quantile-table.ts"
import { slowestLevel } from "./slowest-level.ts"

/** All times multiplied by `factor` > 0. Exact. */
export function scale(d: Distribution, factor: number): Distribution {
  const log = Math.log(factor)
  return { logMs: d.logMs.map((value) => value + log), tail: d.tail }
}

/** All times plus `ms` (may be negative: times stay above LEAST_MS). Exact at the table's points. */
export function shift(d: Distribution, ms: number): Distribution {
  if (ms === 0) return d
  return fromQuantiles(
    d.logMs.map((log) => Math.exp(log) + ms),
    { xi: d.tail.xi, fromP: 0.99 },
  )
}

export interface Component {
  readonly weight: number
  readonly distribution: Distribution
}

/** A time from one of the components, chosen with the given weights (> 0, any sum). Found by bisection on the cdf. */
export function mixture(components: readonly Component[]): Distribution {
  const used = components.filter((component) => component.weight > 0)
  const first = used[0]
  if (first === undefined) throw new Error("a mixture needs a component with a weight above 0")
  if (used.length === 1) return first.distribution
  const total = used.reduce((sum, component) => sum + component.weight, 0)
  const share = (ms: number): number =>
    used.reduce((sum, component) => sum + component.weight * cdf(component.distribution, ms), 0) / total
  const at = (p: number): number => {
    const quantiles = used.map((component) => quantile(component.distribution, p))
    return inverse(share, p, [Math.min(...quantiles), Math.max(...quantiles)])
  }
  return fromQuantilesAndP999(PROBABILITIES.map(at), at(0.999))
}

/** The root of share(ms) = p inside the bracket, by bisection in the logarithm. */
function inverse(share: (ms: number) => number, p: number, bracket: readonly [number, number]): number {
  let low = Math.log(Math.max(bracket[0], LEAST_MS))
  let high = Math.log(Math.max(bracket[1], LEAST_MS))
  for (let i = 0; i < 60 && high - low > 1e-12; i++) {
    const middle = (low + high) / 2
    if (share(Math.exp(middle)) < p) low = middle
    else high = middle
  }
  return Math.exp(high)
}

/**
 * The longest of `count` times with this distribution: Q(u^(1/count)) of independent ones. The share `commonShare` of the
 * variance of their noise that is common to all is not raised (see `slowestLevel`). `count` may be a fraction, and 1 is
 * the identity.
 */
export function maxOf(d: Distribution, count: number, commonShare = 0): Distribution {
  if (count <= 1 || commonShare >= 1) return d
  return fromLogs(
    slowestLevels(count, commonShare).map((level) => logAtLevel(d, level)),
    { xi: d.tail.xi, fromP: 0.99 },
  )
}

/** Levels worked out before, by count, of independent times; whole counts alone, up to the first limit of platforms. */
const KNOWN_LEVELS = new Map<number, readonly LevelOfTables[]>()
const MOST_KNOWN = 1024

/** Where the longest of `count` has its quantiles at PROBABILITIES. */
function slowestLevels(count: number, commonShare: number): readonly LevelOfTables[] {
  const known = commonShare === 0 ? KNOWN_LEVELS.get(count) : undefined
  if (known !== undefined) return known
  const levels = PROBABILITIES.map((p) => levelOf(slowestLevel(p, count, commonShare)))
  if (commonShare === 0 && Number.isInteger(count) && count <= MOST_KNOWN) KNOWN_LEVELS.set(count, levels)
  return levels
}

/**
 * When the last of several independent branches ends: the product of their cdfs, found by bisection. Branches that share
 * noise (a common ancestor, one input) end later together, and this is too late for them.
 */
export function maxAcrossBranches(branches: readonly Distribution[]): Distribution {
  const first = branches[0]
  if (first === undefined) throw new Error("the last of several branches needs at least one")
  if (branches.length === 1) return first
  const share = (ms: number): number => branches.reduce((product, branch) => product * cdf(branch, ms), 1)
  const at = (p: number): number => {
    const least = Math.max(...branches.map((branch) => quantile(branch, p)))
    const most = Math.max(...branches.map((branch) => quantile(branch, p ** (1 / branches.length))))
    return inverse(share, p, [least, most])
  }
  return fromQuantilesAndP999(PROBABILITIES.map(at), at(0.999))
}

/** A start that is cold with probability `coldShare` in [0, 1] and warm otherwise. */
export function coldOrWarm(cold: Distribution, warm: Distribution, coldShare: number): Distribution {
  return mixture([
    { weight: coldShare, distribution: cold },
    { weight: 1 - coldShare, distribution: warm },
  ])
}

/** The distribution of a time that is known to exceed `elapsedMs`: Q'(p) = Q(F(e) + p (1 - F(e))). */
export function conditionalOn(d: Distribution, elapsedMs: number): Distribution {
  const past = cdf(d, elapsedMs)
  if (past <= 0) return d
  const atLeast = Math.max(elapsedMs, LEAST_MS)
  const at = (p: number): number => Math.max(atLeast, quantile(d, past + p * (1 - past)))
  return fromQuantilesAndP999(PROBABILITIES.map(at), at(0.999))
}
