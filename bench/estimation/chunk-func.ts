// Nine public functions on a cluster that grants whole vCPUs: six memory sizes fitted per input, the rest predicted.
import { mean } from "../../src/statistics/order-statistics.ts"
import type { BenchResult } from "../bench.ts"
import chunkFunc from "./data/chunk-func.json" with { type: "json" }
import {
  curveLaw,
  interpolationFloorPct,
  inverseLaw,
  type Point,
  randomSubset,
  rounded,
  unseenErrorPct,
} from "./memory-laws/laws.ts"

const FITTED = 6
const SPLITS = 5
const GOAL_PCT = 5

interface Row {
  readonly table: "chunk-func"
  readonly function: string
  readonly inputBytes: number
  readonly sizes: number
  /** Six sizes evenly spread over those that ran. */
  readonly errorPct: number
  readonly randomSplitPct: number
  readonly inversePct: number
  readonly interpolationFloorPct: number
}

export async function bench(): Promise<BenchResult> {
  const rows = chunkFunc.series.map(rowOf)
  const names = [...new Set(rows.map((row) => row.function))]
  type Key = "errorPct" | "randomSplitPct" | "inversePct" | "interpolationFloorPct"
  const of = (name: string, key: Key): number =>
    mean(rows.filter((row) => row.function === name).map((row) => row[key]))
  const functions = names.map((name) => ({
    table: "chunk-func functions",
    function: name,
    inputs: rows.filter((row) => row.function === name).length,
    errorPct: rounded(of(name, "errorPct")),
    randomSplitPct: rounded(of(name, "randomSplitPct")),
    inversePct: rounded(of(name, "inversePct")),
    interpolationFloorPct: rounded(of(name, "interpolationFloorPct")),
  }))
  const over = (key: Key): number => rounded(mean(functions.map((row) => row[key])))
  return {
    summary: {
      chunkFuncMeanErrorPct: over("errorPct"),
      chunkFuncFunctionsWithinGoal: functions.filter((row) => row.errorPct <= GOAL_PCT).length,
      chunkFuncRandomSplitPct: over("randomSplitPct"),
      chunkFuncInversePct: over("inversePct"),
      chunkFuncInterpolationFloorPct: over("interpolationFloorPct"),
    },
    reasons: {},
    rows: [...functions, ...rows],
  }
}

function rowOf(series: (typeof chunkFunc.series)[number]): Row {
  const points: Point[] = chunkFunc.memoryMB.flatMap((memoryMB, i) => {
    const ms = series.meanMs[i]
    return ms == null ? [] : [{ memoryMB, ms }]
  })
  const law = curveLaw("whole")
  const given = Array.from({ length: FITTED }, (_, i) => points[Math.floor(((i + 0.5) * points.length) / FITTED)]!)
  const random = Array.from({ length: SPLITS }, (_, seed) => randomSubset(points, FITTED, seed + 1))
  return {
    table: "chunk-func",
    function: series.function,
    inputBytes: series.inputBytes,
    sizes: points.length,
    errorPct: rounded(unseenErrorPct(points, given, law(given))),
    randomSplitPct: rounded(mean(random.map((fitted) => unseenErrorPct(points, fitted, law(fitted))))),
    inversePct: rounded(unseenErrorPct(points, given, inverseLaw(given))),
    interpolationFloorPct: rounded(interpolationFloorPct(points)),
  }
}
