import { readFileSync } from "node:fs"
import { join } from "node:path"
import { quotaLawMs } from "../../src/estimation/operation/quota-law.ts"
import { quotaPhases, TICK_MS } from "../../src/estimation/operation/quota-simulation.ts"
import { levenbergMarquardt } from "../../src/statistics/least-squares.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"

/** 17 ms of CPU work at 195 sizes of AWS Lambda. */
interface StairsData {
  readonly periodMs: number
  readonly mbPerVcpu: number
  /** Memory in MB and mean time in ms of 5,000 requests. */
  readonly sizes: readonly (readonly [memoryMB: number, meanMs: number])[]
}

const PHASES = 64
const SPREADS = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const

interface Point {
  readonly quotaCores: number
  readonly ms: number
}

/** Predicts ms at a quota once fitted to some points. */
interface StairsModel {
  readonly name: string
  readonly parameters: number
  readonly fit: (points: readonly Point[], periodMs: number) => (quotaCores: number) => number
}

export const bench: Bench = async () => {
  // Written once from the public data named in the file.
  const data = JSON.parse(readFileSync(join(import.meta.dirname, "data", "lambda-stairs.json"), "utf8")) as StairsData
  const points = data.sizes.map(([memoryMB, ms]) => ({ quotaCores: Math.min(1, memoryMB / data.mbPerVcpu), ms }))
  const rows = MODELS.map((model) => ({
    table: "17 ms of work at 195 sizes of AWS Lambda",
    model: model.name,
    parameters: model.parameters,
    allSizesPct: errorPct(points, model.fit(points, data.periodMs)),
    otherHalfPct: otherHalf(points, model, data.periodMs),
  }))
  return {
    summary: { stairsErrorPct: rows.at(-1)!.allSizesPct, stairsUnseenErrorPct: rows.at(-1)!.otherHalfPct },
    reasons: {},
    rows,
  }
}

/** Fitted to every second size, tested at the others; both ways. */
function otherHalf(points: readonly Point[], model: StairsModel, periodMs: number): number {
  const halves = [0, 1].map((rest) => points.filter((_point, i) => i % 2 === rest))
  const errors = halves.map((half, i) => errorPct(halves[1 - i]!, model.fit(half, periodMs)))
  return Math.round(1000 * mean(errors)) / 1000
}

function errorPct(points: readonly Point[], predict: (quotaCores: number) => number): number {
  const errors = points.map((point) => Math.abs(predict(point.quotaCores) / point.ms - 1))
  return Math.round(100_000 * mean(errors)) / 1000
}

/** Least squares of relative errors. */
function fitted(
  points: readonly Point[],
  start: readonly number[],
  time: (theta: ArrayLike<number>, quotaCores: number) => number,
): (quotaCores: number) => number {
  const { theta } = levenbergMarquardt(
    {
      size: points.length,
      residuals: (at, out) => {
        for (const [i, point] of points.entries()) out[i] = time(at, point.quotaCores) / point.ms - 1
      },
      lower: start.map(() => 0),
      upper: start.map(() => 1000),
    },
    start,
  )
  return (quotaCores) => time(theta, quotaCores)
}

const MODELS: readonly StairsModel[] = [
  { name: "cpu / u", parameters: 1, fit: (points) => fitted(points, [17], (theta, u) => theta[0]! / u) },
  {
    name: "a / u + b",
    parameters: 2,
    fit: (points) => fitted(points, [17, 0], (theta, u) => theta[0]! / u + theta[1]!),
  },
  {
    name: "quota law",
    parameters: 2,
    fit: (points, periodMs) =>
      fitted(points, [17, 0.7], (theta, u) =>
        quotaLawMs(
          { cpuMs: theta[0]!, waitMs: 0, parallelShare: 0 },
          { periodMs, cores: 1, headStart: theta[1]!, waitShare: 0 },
          u,
        ),
      ),
  },
  { name: "simulated quota, any start", parameters: 1, fit: (points, periodMs) => simulated(points, periodMs, [1]) },
  { name: "simulated quota", parameters: 2, fit: (points, periodMs) => simulated(points, periodMs, SPREADS) },
]

/** Work to 0.05 ms, and in which share of a period it starts: the least mean error wins. */
function simulated(
  points: readonly Point[],
  periodMs: number,
  spreads: readonly number[],
): (quotaCores: number) => number {
  const time =
    (cpuMs: number, spread: number) =>
    (cores: number): number =>
      mean([
        ...quotaPhases(
          [{ cpuMs, cores: 1, waitMs: 0 }],
          { cores, periodMs, tickMs: TICK_MS },
          { count: PHASES, spread },
        ),
      ])
  const longest = Math.min(...points.map((point) => point.ms))
  const candidates = spreads.flatMap((spread) =>
    Array.from({ length: 21 }, (_, i) => time(longest + 0.05 * (i - 10), spread)),
  )
  const errors = candidates.map((candidate) => errorPct(points, candidate))
  return candidates[errors.indexOf(Math.min(...errors))]!
}
