import type { Distribution } from "../../../statistics/distribution.ts"
import { PROBABILITIES } from "../../../statistics/distribution.ts"
import { cdf, fromQuantiles, quantile } from "../../../statistics/quantile-table.ts"

/** A time on a grid: `mass[k]` is the probability of `startMs + k * stepMs`. One mass is a certain time, kept exactly. */
export interface GridLaw {
  readonly startMs: number
  readonly stepMs: number
  readonly mass: Float64Array
}

/** Points of a grid; more changed no plan's percentile by a thousandth. */
const CELLS = 96

/** The grid of one time spans all but a thousandth at either end. */
const ENDS = [0.001, 0.999] as const

export function certain(ms: number): GridLaw {
  return { startMs: ms, stepMs: 0, mass: Float64Array.of(1) }
}

/** A distribution on a grid. */
export function gridLaw(distribution: Distribution): GridLaw {
  const [from, to] = ENDS.map((p) => quantile(distribution, p)) as [number, number]
  if (to - from <= 1e-6 * to) return certain(quantile(distribution, 0.5))
  return onGrid(from, to, (ms) => cdf(distribution, ms))
}

/** One after the other: convolution. */
export function inSeries(a: GridLaw, b: GridLaw): GridLaw {
  if (a.mass.length === 1) return { ...b, startMs: a.startMs + b.startMs }
  if (b.mass.length === 1) return { ...a, startMs: a.startMs + b.startMs }
  const stepMs = Math.max((spanOf(a) + spanOf(b)) / CELLS, Math.min(a.stepMs, b.stepMs))
  const [x, y] = [regridded(a, stepMs), regridded(b, stepMs)]
  const mass = new Float64Array(x.length + y.length - 1)
  for (let i = 0; i < x.length; i++) for (let j = 0; j < y.length; j++) mass[i + j]! += x[i]! * y[j]!
  return { startMs: a.startMs + b.startMs, stepMs, mass }
}

/** Both must end: the product of the cumulative distributions, as of independent times. */
export function inParallel(a: GridLaw, b: GridLaw): GridLaw {
  const [from, to] = [Math.max(a.startMs, b.startMs), Math.max(endOf(a), endOf(b))]
  if (endOf(a) <= b.startMs) return b
  if (endOf(b) <= a.startMs) return a
  return onGrid(from, to, (ms) => shareBelow(a, ms) * shareBelow(b, ms))
}

/** The time that this share of runs keeps, ms; linear between grid points. */
export function percentileOf({ startMs, stepMs, mass }: GridLaw, p: number): number {
  let below = 0
  for (const [k, share] of mass.entries()) {
    if (below + share >= p) return startMs + Math.max(0, k - 1 + (p - below) / share) * stepMs
    below += share
  }
  return startMs + (mass.length - 1) * stepMs
}

/** The law at a size between two profiled ones: every percentile linear in memory. */
export function betweenSizes(
  low: { readonly memoryMB: number; readonly law: Distribution },
  high: { readonly memoryMB: number; readonly law: Distribution },
  memoryMB: number,
): Distribution {
  const share = (memoryMB - low.memoryMB) / (high.memoryMB - low.memoryMB)
  const at = (p: number): number => (1 - share) * quantile(low.law, p) + share * quantile(high.law, p)
  return fromQuantiles(PROBABILITIES.map(at), share < 0.5 ? low.law.tail : high.law.tail)
}

function onGrid(from: number, to: number, below: (ms: number) => number): GridLaw {
  const stepMs = (to - from) / (CELLS - 1)
  const mass = new Float64Array(CELLS)
  let last = 0
  for (let k = 0; k < CELLS; k++) {
    // Half a step up: each point stands for what rounds to it.
    const share = k === CELLS - 1 ? 1 : below(from + (k + 0.5) * stepMs)
    mass[k] = share - last
    last = share
  }
  return { startMs: from, stepMs, mass }
}

/** Masses on another step; each is split between its two neighbours, which keeps the mean. */
function regridded({ stepMs: old, mass }: GridLaw, stepMs: number): Float64Array {
  const cells = Math.ceil(((mass.length - 1) * old) / stepMs - 1e-9) + 1
  const out = new Float64Array(cells + 1)
  for (const [k, share] of mass.entries()) {
    const at = (k * old) / stepMs
    const left = Math.floor(at)
    out[left]! += share * (1 - (at - left))
    out[left + 1]! += share * (at - left)
  }
  return out
}

function shareBelow({ startMs, stepMs, mass }: GridLaw, ms: number): number {
  if (ms < startMs) return 0
  let sum = 0
  for (let k = 0; k < mass.length && startMs + k * stepMs <= ms; k++) sum += mass[k]!
  return sum
}

function spanOf({ stepMs, mass }: GridLaw): number {
  return (mass.length - 1) * stepMs
}

function endOf(law: GridLaw): number {
  return law.startMs + spanOf(law)
}
