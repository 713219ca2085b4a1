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
import { normalCdf, normalDensity, normalQuantile } from "./normal.ts"

/** Times below a microsecond count as one: the table holds logarithms. */
export const LEAST_MS = 1e-3

/** A shape of at least one half has no variance; real tails of warm times lie at .1-.2. */
export const MAX_XI = 0.45

/** Shape of a tail that nothing is known about. */
export const DEFAULT_XI = 0.15

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
  if (quantilesMs.length !== PROBABILITIES.length || quantilesMs.some(Number.isNaN)) {
    throw new Error(`a quantile table needs ${PROBABILITIES.length} numbers, not ${quantilesMs.join(", ")}`)
  }
  const sorted = quantilesMs.map((value) => Math.min(Math.max(value, LEAST_MS), Number.MAX_VALUE)).sort((a, b) => a - b)
  return fromLogs(sorted.map(Math.log), tail)
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
  readonly t: number
  readonly beta: number
  readonly xi: number
  readonly tailMass: number
}

function jointOf(d: Distribution): Joint {
  const at = d.tail.fromP >= 0.99 ? LAST : LAST - 1
  const z = Z[at]!
  const slope = (d.logMs[at]! - d.logMs[at - 1]!) / (z - Z[at - 1]!)
  const t = Math.exp(d.logMs[at]!)
  const tailMass = 1 - PROBABILITIES[at]!
  return { t, beta: (tailMass * t * slope) / normalDensity(z), xi: d.tail.xi, tailMass }
}

/** The time that a share p of all times does not exceed, ms; p outside (0, 1) is moved to 1e-9 from the end. */
export function quantile(d: Distribution, p: number): number {
  const inside = Math.min(Math.max(p, 1e-9), 1 - 1e-9)
  if (inside <= d.tail.fromP) return Math.exp(bodyLog(d, normalQuantile(inside)))
  const { t, beta, xi, tailMass } = jointOf(d)
  const excess = -Math.log((1 - inside) / tailMass)
  return t + beta * (xi < 1e-12 ? excess : Math.expm1(xi * excess) / xi)
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
  const { t, beta, xi, tailMass } = jointOf(d)
  if (ms >= t) {
    if (beta <= 0) return 1
    const excess = (ms - t) / beta
    return 1 - tailMass * Math.exp(xi < 1e-12 ? -excess : -Math.log1p(xi * excess) / xi)
  }
  const log = Math.log(ms)
  let i = 0
  while (i < LAST - 1 && log >= d.logMs[i + 1]!) i++
  const rise = d.logMs[i + 1]! - d.logMs[i]!
  if (!(rise > 0)) return log < d.logMs[i]! ? 0 : PROBABILITIES[i + 1]!
  return normalCdf(Z[i]! + ((log - d.logMs[i]!) / rise) * (Z[i + 1]! - Z[i]!))
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
  const { t, beta, xi, tailMass } = jointOf(d)
  let first = 0
  let second = 0
  for (const z of NODES_Z.get(1 - tailMass >= 0.985 ? 0.99 : 0.95)!) {
    const value = Math.exp(bodyLog(d, z))
    first += value
    second += value * value
  }
  const weight = (1 - tailMass) / NODES
  const excess = beta / (1 - xi)
  const excessSquare = (2 * beta * beta) / ((1 - xi) * (1 - 2 * xi))
  const mean = first * weight + tailMass * (t + excess)
  const square = second * weight + tailMass * (t * t + 2 * t * excess + excessSquare)
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
