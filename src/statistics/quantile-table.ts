/**
 * The law of a Distribution: ln t is linear in z = Phi^-1(p) between the table's points and on below the first; from
 * `tail.fromP` on a generalised Pareto tail takes over with continuous density:
 *   Q(p) = t + beta/xi (((1-p)/(1-fromP))^-xi - 1),  t = Q(fromP),  beta = (1-fromP) Q'(fromP).
 *
 * Q1. Quantiles are positive, finite and non-decreasing.
 * Q2. cdf(quantile(p)) = p wherever the table rises strictly.
 * Q3. mean(scale(d, k)) = k mean(d); conditionalOn(d, 0) = d.
 */
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import {
  DEFAULT_XI,
  excessDensity,
  excessMoments,
  excessQuantile,
  excessSurvival,
  type GeneralisedPareto,
  MAX_XI,
} from "./gpd.ts"
import { normalCdf, normalDensity, normalQuantile } from "./normal.ts"

/** Times below a microsecond count as one: the table holds logarithms. */
export const LEAST_MS = 1e-3

export { DEFAULT_XI, MAX_XI } from "./gpd.ts"

const Z: readonly number[] = PROBABILITIES.map(normalQuantile)
const LAST = PROBABILITIES.length - 1

export interface Tail {
  readonly xi: number
  readonly fromP: number
}

/**
 * A table from quantiles in ms at PROBABILITIES: crossing ones are sorted, what is not positive is raised to LEAST_MS,
 * the shape is held in [0, MAX_XI], and points above `fromP` are set to what the tail says. NaN throws: it is a bug.
 */
export function fromQuantiles(quantilesMs: readonly number[], tail: Tail): Distribution {
  if (quantilesMs.length !== PROBABILITIES.length || hasNaN(quantilesMs)) {
    throw new Error(`a quantile table needs ${PROBABILITIES.length} numbers, not ${quantilesMs.join(", ")}`)
  }
  return fromLogs(ascendingLogs(quantilesMs), tail)
}

function hasNaN(values: readonly number[]): boolean {
  for (const value of values) if (Number.isNaN(value)) return true
  return false
}

/** Most tables are ascending already: only those that are not pay for sorting. */
function ascendingLogs(quantilesMs: readonly number[]): number[] {
  const logs: number[] = []
  let isAscending = true
  for (let i = 0; i < quantilesMs.length; i++) {
    const log = Math.log(Math.min(Math.max(quantilesMs[i]!, LEAST_MS), Number.MAX_VALUE))
    if (i > 0 && log < logs[i - 1]!) isAscending = false
    logs.push(log)
  }
  return isAscending ? logs : logs.sort((a, b) => a - b)
}

/** A table from sorted logarithms; see `fromQuantiles`. */
export function fromLogs(logMs: readonly number[], tail: Tail): Distribution {
  const fromP = tail.fromP >= 0.99 ? 0.99 : 0.95
  const xi = Math.min(Math.max(tail.xi, 0), MAX_XI)
  const draft: Distribution = { logMs, tail: { xi, fromP } }
  if (fromP === 0.99) return draft
  return { logMs: [...logMs.slice(0, LAST), Math.log(quantile(draft, 0.99))], tail: draft.tail }
}

/** A time that never varies. */
export function constant(ms: number): Distribution {
  const log = Math.log(Math.max(ms, LEAST_MS))
  return { logMs: PROBABILITIES.map(() => log), tail: { xi: 0, fromP: 0.95 } }
}

/** ln t normal around ln(median), with a tail that is heavier than lognormal from P95 on. */
export function logNormal(medianMs: number, logSd: number, xi: number = DEFAULT_XI): Distribution {
  const centre = Math.log(Math.max(medianMs, LEAST_MS))
  return fromLogs(
    Z.map((z) => centre + z * logSd),
    { xi, fromP: 0.95 },
  )
}

interface Joint {
  /** Where the tail begins, ms. */
  readonly t: number
  readonly tail: GeneralisedPareto
  readonly tailMass: number
}

/** The tail that continues the density of the last segment of the body. */
function jointOf(d: Distribution): Joint {
  const at = d.tail.fromP >= 0.99 ? LAST : LAST - 1
  const z = Z[at]!
  const slope = (d.logMs[at]! - d.logMs[at - 1]!) / (z - Z[at - 1]!)
  const t = Math.exp(d.logMs[at]!)
  const tailMass = 1 - PROBABILITIES[at]!
  return { t, tail: { xi: d.tail.xi, beta: (tailMass * t * slope) / normalDensity(z) }, tailMass }
}

/** The time that a share p of all times does not exceed, ms; p outside (0, 1) is moved to 1e-9 from the end. */
export function quantile(d: Distribution, p: number): number {
  const level = levelOf(p)
  return level.p <= d.tail.fromP ? Math.exp(bodyLog(d, level.z)) : tailQuantile(d, level.p)
}

/** A probability with its normal score, for readings of many tables at the same levels. */
export interface LevelOfTables {
  readonly p: number
  readonly z: number
}

/** p with Phi^-1(p), both moved inside as `quantile` does. */
export function levelOf(p: number): LevelOfTables {
  const inside = Math.min(Math.max(p, 1e-9), 1 - 1e-9)
  return { p: inside, z: normalQuantile(inside) }
}

/** ln of `quantile` at a level whose score is known. */
export function logAtLevel(d: Distribution, { p, z }: LevelOfTables): number {
  return p <= d.tail.fromP ? bodyLog(d, z) : Math.log(tailQuantile(d, p))
}

function tailQuantile(d: Distribution, p: number): number {
  const { t, tail, tailMass } = jointOf(d)
  return t + excessQuantile(tail, (1 - p) / tailMass)
}

/**
 * Q of one table, for many readings: takes z = Phi^-1(p) and ln(1 - p), with all that depends on the table alone worked
 * out once. Agrees with `quantile` to 1e-12, without its bounds on p.
 */
export function quantileAtScore(d: Distribution): (z: number, logSurvival: number) => number {
  const { t, tail, tailMass } = jointOf(d)
  const { xi, beta } = tail
  const from = Z[d.tail.fromP >= 0.99 ? LAST : LAST - 1]!
  const logMass = Math.log(tailMass)
  const slopes = Z.slice(1).map((z, i) => (d.logMs[i + 1]! - d.logMs[i]!) / (z - Z[i]!))
  const bases = slopes.map((slope, i) => d.logMs[i]! - slope * Z[i]!)
  return (z, logSurvival) => {
    if (z > from) {
      const hazard = logMass - logSurvival
      return t + beta * (xi < 1e-12 ? hazard : Math.expm1(xi * hazard) / xi)
    }
    let i = 0
    while (i < LAST - 1 && z > Z[i + 1]!) i++
    return Math.exp(bases[i]! + slopes[i]! * z)
  }
}

/** ln Q at z in the body; the first segment goes on below the first point. */
function bodyLog(d: Distribution, z: number): number {
  let i = 0
  while (i < LAST - 1 && z > Z[i + 1]!) i++
  const low = d.logMs[i]!
  return low + ((z - Z[i]!) / (Z[i + 1]! - Z[i]!)) * (d.logMs[i + 1]! - low)
}

/** Share of times that do not exceed `ms`. */
export function cdf(d: Distribution, ms: number): number {
  if (!(ms > 0)) return 0
  const { t, tail, tailMass } = jointOf(d)
  if (ms >= t) return 1 - tailMass * excessSurvival(tail, ms - t)
  const log = Math.log(ms)
  const i = segmentOf(d, log)
  const rise = d.logMs[i + 1]! - d.logMs[i]!
  if (!(rise > 0)) return log < d.logMs[i]! ? 0 : PROBABILITIES[i + 1]!
  return normalCdf(Z[i]! + ((log - d.logMs[i]!) / rise) * (Z[i + 1]! - Z[i]!))
}

/**
 * F of one table at times given by their logarithm, for many readings: all that depends on the table alone is worked out
 * once. Agrees with `cdf` to 1e-12.
 */
export function cdfAtLog(d: Distribution): (log: number) => number {
  const { t, tail, tailMass } = jointOf(d)
  const logT = d.logMs[d.tail.fromP >= 0.99 ? LAST : LAST - 1]!
  const slopes = Z.slice(1).map((z, i) => (z - Z[i]!) / (d.logMs[i + 1]! - d.logMs[i]!))
  return (log) => {
    if (log >= logT) return 1 - tailMass * excessSurvival(tail, Math.exp(log) - t)
    const i = segmentOf(d, log)
    if (!(d.logMs[i + 1]! > d.logMs[i]!)) return log < d.logMs[i]! ? 0 : PROBABILITIES[i + 1]!
    return normalCdf(Z[i]! + (log - d.logMs[i]!) * slopes[i]!)
  }
}

/** Density per ms; Infinity where all the mass of a segment sits at one time. */
export function density(d: Distribution, ms: number): number {
  if (!(ms > 0)) return 0
  const { t, tail, tailMass } = jointOf(d)
  if (ms >= t) return tail.beta > 0 ? tailMass * excessDensity(tail, ms - t) : 0
  const log = Math.log(ms)
  const i = segmentOf(d, log)
  const rise = d.logMs[i + 1]! - d.logMs[i]!
  if (!(rise > 0)) return log < d.logMs[i]! ? 0 : Infinity
  const perLog = (Z[i + 1]! - Z[i]!) / rise
  return (normalDensity(Z[i]! + (log - d.logMs[i]!) * perLog) * perLog) / ms
}

/** Index of the segment of the body that holds ln t; the first goes on below it, the last above. */
function segmentOf(d: Distribution, log: number): number {
  let i = 0
  while (i < LAST - 1 && log >= d.logMs[i + 1]!) i++
  return i
}

/** A draw from a uniform number u in [0, 1): the same u gives common random numbers over distributions. */
export function sample(d: Distribution, u: number): number {
  return quantile(d, u)
}

/** Nodes of the midpoint rule below the tail. */
const NODES = 256
const NODES_Z: ReadonlyMap<number, readonly number[]> = new Map(
  [0.95, 0.99].map((fromP) => [
    fromP,
    Array.from({ length: NODES }, (_, i) => normalQuantile((fromP * (i + 0.5)) / NODES)),
  ]),
)

/** Mean and standard deviation in ms: midpoint rule in p below the tail, closed form in it. */
export function momentsOf(d: Distribution): { readonly mean: number; readonly sd: number } {
  const { t, tail, tailMass } = jointOf(d)
  let first = 0
  let second = 0
  for (const z of NODES_Z.get(1 - tailMass >= 0.985 ? 0.99 : 0.95)!) {
    const value = Math.exp(bodyLog(d, z))
    first += value
    second += value * value
  }
  const weight = (1 - tailMass) / NODES
  const excess = excessMoments(tail)
  const mean = first * weight + tailMass * (t + excess.mean)
  const square = second * weight + tailMass * (t * t + 2 * t * excess.mean + excess.square)
  return { mean, sd: Math.sqrt(Math.max(0, square - mean * mean)) }
}

/** Mean in ms. */
export function mean(d: Distribution): number {
  return momentsOf(d).mean
}

/** Standard deviation in ms. */
export function sd(d: Distribution): number {
  return momentsOf(d).sd
}
