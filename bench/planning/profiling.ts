// How many measurements a plan needs: six public Lambda functions as a chain, memory alone, a deadline of 1.5 times the
// fastest. Each measurement is one recorded run, drawn by chance; the plan is judged by the medians of all runs.
import { mean, median } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import { bestUsd, NAMES } from "./profiling/public-chain.ts"
import { isNear, type Point, trial } from "./profiling/trial.ts"
import type { WayName } from "./profiling/ways-to-measure.ts"

const SEEDS = 50
/** Of what it is compared with, and of trials that go on to the method's own stop. */
const FEW_SEEDS = 8
/** Measurements of a function after which a trial ends. */
const MOST = 12
const FUNCTIONS = NAMES.length
const OTHERS: readonly WayName[] = ["random", "grid", "design"]

interface Row {
  readonly table: "profiling"
  readonly way: WayName
  readonly seed: number
  /** Measurements of a function until the plan is near the best one for the first time; null: not within the trial. */
  readonly perFunction: number | null
  /** Until it is near and stays so up to the end of the trial; null where that ended at the first. */
  readonly staysFrom: number | null
  readonly end: Point
}

export const bench: Bench = ({ full }) => {
  const best = bestUsd()
  const run = (way: WayName, seed: number, until: (point: Point) => boolean): readonly Point[] =>
    trial({ way, seed, most: MOST * FUNCTIONS, bestUsd: best, until })
  const few = full ? SEEDS : FEW_SEEDS
  const first = seeds(SEEDS).map((seed) => rowOf("regret", seed, run("regret", seed, isNear)))
  const others = OTHERS.flatMap((way) => seeds(few).map((seed) => rowOf(way, seed, run(way, seed, isNear))))
  const whole = seeds(few).map((seed) => run("regret", seed, ({ stop }) => stop !== null))
  const stopped = whole.map((points, i) => ({ ...rowOf("regret", i + 1, points), staysFrom: staysFrom(points) }))
  return Promise.resolve({
    summary: {
      samplesPerFunction: medianOf(first),
      samplesPerFunctionWorst: finite(Math.max(...first.map(({ perFunction }) => perFunction ?? Infinity))),
      ...Object.fromEntries(
        OTHERS.map((way) => [`${way}SamplesPerFunction`, medianOf(others.filter((row) => row.way === way))]),
      ),
      stopSamplesPerFunction: rounded(median(stopped.map(({ end }) => end.measured / FUNCTIONS))),
      stoppedByItselfPct: rounded(100 * mean(stopped.map(({ end }) => Number(end.stop !== null)))),
      stopAboveBestPct: rounded(median(stopped.map(({ end }) => end.aboveBestPct))),
      stopAboveBestWorstPct: rounded(Math.max(...stopped.map(({ end }) => end.aboveBestPct))),
      stopKeepsDeadlinePct: rounded(100 * mean(stopped.map(({ end }) => Number(end.keepsDeadline)))),
      stopRegret95Pct: rounded(median(stopped.map(({ end }) => end.regret95Pct))),
      aboveBestAt4Pct: aboveBestAt(whole, 4),
      aboveBestAt8Pct: aboveBestAt(whole, 8),
    },
    reasons: {},
    rows: [...first, ...others, ...stopped],
  })
}

function rowOf(way: WayName, seed: number, points: readonly Point[]): Row {
  const near = points.find(isNear)
  return {
    table: "profiling",
    way,
    seed,
    perFunction: near === undefined ? null : rounded(near.measured / FUNCTIONS),
    staysFrom: null,
    end: points.at(-1)!,
  }
}

function staysFrom(points: readonly Point[]): number | null {
  const last = points.findLastIndex((point) => !isNear(point))
  const from = points[last + 1]
  return from === undefined ? null : rounded(from.measured / FUNCTIONS)
}

/** Null where half of the trials did not get there. */
function medianOf(rows: readonly Row[]): number | null {
  return finite(median(rows.map(({ perFunction }) => perFunction ?? Infinity)))
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null
}

/** Median cost above the best plan after so many measurements of a function, or at the stop before that. */
function aboveBestAt(trials: readonly (readonly Point[])[], perFunction: number): number {
  const at = (points: readonly Point[]): Point =>
    points.find(({ measured }) => measured >= perFunction * FUNCTIONS) ?? points.at(-1)!
  return rounded(median(trials.map((points) => at(points).aboveBestPct)))
}

function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
