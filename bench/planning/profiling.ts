// How many measurements a plan needs: six public Lambda functions as a chain, memory alone, a deadline of 1.5 times the
// fastest. Each measurement is one recorded run, drawn by chance; the plan is judged by the medians of all runs.
import { mean, median } from "../../src/statistics/order-statistics.ts"
import { DEFAULT_RULE } from "../../src/profiling/next-measurement.ts"
import type { Bench } from "../bench.ts"
import { bestUsd, NAMES } from "./profiling/public-chain.ts"
import { isNear, type Point, trial } from "./profiling/trial.ts"
import type { WayName } from "./profiling/ways-to-measure.ts"

const SEEDS = 50
/** Of what it is compared with, and of trials that go on to the method's own stop. */
const FEW_SEEDS = 6
/** Measurements of a function after which a trial ends. */
const MOST = 10
/** Regret at which trials stop by themselves, beside the default of 1 %. */
const LOOSE_SHARE = 0.03
const FUNCTIONS = NAMES.length
const OTHERS: readonly WayName[] = ["random", "grid", "design"]

interface Row {
  readonly table: "profiling"
  readonly way: WayName
  readonly seed: number
  /** What ended the trial: a plan near the best one, or the method's own stop at that share. */
  readonly until: "near" | number
  /** Measurements of a function until the plan is near the best one for the first time; null: not within the trial. */
  readonly perFunction: number | null
  readonly end: Point
}

export const bench: Bench = ({ full }) => {
  const best = bestUsd()
  const few = full ? SEEDS : FEW_SEEDS
  const near = (way: WayName, count: number): Row[] =>
    seeds(count).map((seed) =>
      rowOf({ way, seed, until: "near" }, trial({ way, seed, most: MOST * FUNCTIONS, bestUsd: best, until: isNear })),
    )
  const stopped = (share: number): Row[] =>
    seeds(few).map((seed) => {
      const until = ({ stop }: Point): boolean => stop !== null
      const points = trial({ way: "regret", seed, most: MOST * FUNCTIONS, bestUsd: best, share, until })
      return rowOf({ way: "regret", seed, until: share }, points)
    })
  const byRegret = near("regret", SEEDS)
  const others = OTHERS.map((way) => [way, near(way, few)] as const)
  const [strict, loose] = [stopped(DEFAULT_RULE.share), stopped(LOOSE_SHARE)]
  return Promise.resolve({
    summary: {
      samplesPerFunction: medianOf(byRegret),
      samplesPerFunctionFoundPct: share(byRegret, ({ perFunction }) => perFunction !== null),
      ...Object.fromEntries(others.map(([way, rows]) => [`${way}SamplesPerFunction`, medianOf(rows)])),
      ...stopSummary("stop1Pct", strict),
      ...stopSummary("stop3Pct", loose),
    },
    reasons: Object.fromEntries(
      others
        .filter(([, rows]) => medianOf(rows) === null)
        .map(([way]) => [`${way}SamplesPerFunction`, `more than half of the trials are not near after ${MOST}`]),
    ),
    rows: [...byRegret, ...others.flatMap(([, rows]) => rows), ...strict, ...loose],
  })
}

/** Where trials ended that went on until the method stopped by itself, or to their last measurement. */
function stopSummary(name: string, rows: readonly Row[]): Readonly<Record<string, number>> {
  const ends = rows.map(({ end }) => end)
  return {
    [`${name}ByItselfPct`]: share(rows, ({ end }) => end.stop !== null),
    [`${name}SamplesPerFunction`]: rounded(median(ends.map(({ measured }) => measured / FUNCTIONS))),
    [`${name}AboveBestPct`]: rounded(median(ends.map(({ aboveBestPct }) => aboveBestPct))),
    [`${name}AboveBestWorstPct`]: rounded(Math.max(...ends.map(({ aboveBestPct }) => aboveBestPct))),
    [`${name}KeepsDeadlinePct`]: share(rows, ({ end }) => end.keepsDeadline),
    [`${name}Regret95Pct`]: rounded(median(ends.map(({ regret95Pct }) => regret95Pct))),
  }
}

function share(rows: readonly Row[], holds: (row: Row) => boolean): number {
  return rounded(100 * mean(rows.map((row) => Number(holds(row)))))
}

function rowOf(head: Pick<Row, "way" | "seed" | "until">, points: readonly Point[]): Row {
  const near = points.find(isNear)
  return {
    table: "profiling",
    ...head,
    perFunction: near === undefined ? null : rounded(near.measured / FUNCTIONS),
    end: points.at(-1)!,
  }
}

/** Null where half of the trials did not get there. */
function medianOf(rows: readonly Row[]): number | null {
  return finite(median(rows.map(({ perFunction }) => perFunction ?? Infinity)))
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null
}

function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
