// Six public Lambda functions at 46 memory sizes: medians at five sizes fitted, the other 41 predicted.
import slapp from "../../src/estimation/testing/slapp-medians.json" with { type: "json" }
import { mean } from "../../src/statistics/order-statistics.ts"
import type { BenchResult } from "../bench.ts"
import {
  curveLaw,
  eq1Law,
  exponentialLaw,
  interpolationFloorPct,
  inverseLaw,
  type Law,
  type Point,
  randomSubset,
  rooflineLaw,
  rounded,
  unseenErrorPct,
} from "./memory-laws/laws.ts"

const FITTED_MB: readonly number[] = [128, 512, 1024, 1792, 3008]
const SPLITS = 20
const LAWS = {
  curve: curveLaw("share"),
  roofline: rooflineLaw,
  eq1: eq1Law,
  inverse: inverseLaw,
  exponential: exponentialLaw,
} as const satisfies Record<string, Law>
type LawName = keyof typeof LAWS

interface Row {
  readonly table: "app6"
  readonly function: string
  readonly law: LawName
  /** Five given sizes. */
  readonly errorPct: number
  /** Twenty choices of five sizes by chance: mean and worst. */
  readonly randomSplitPct: number
  readonly worstSplitPct: number
  readonly interpolationFloorPct: number
}

/** f1 does not depend on memory in any steady way from 900 MB on: its medians jump between 700 and 800 ms. */
const STEADY = ["f2", "f3", "f4", "f5", "f6"]

export async function bench(): Promise<BenchResult> {
  const rows = Object.entries(slapp.medianMs).flatMap(([name, medians]) => rowsOf(name, medians))
  const over = (law: LawName, key: "errorPct" | "randomSplitPct" | "interpolationFloorPct"): number =>
    rounded(mean(rows.filter((row) => row.law === law && STEADY.includes(row.function)).map((row) => row[key])))
  return {
    summary: {
      app6MeanErrorPct: over("curve", "errorPct"),
      app6F1ErrorPct: rows.find((row) => row.law === "curve" && row.function === "f1")?.errorPct ?? null,
      app6RandomSplitPct: over("curve", "randomSplitPct"),
      app6InterpolationFloorPct: over("curve", "interpolationFloorPct"),
      app6RooflinePct: over("roofline", "errorPct"),
      app6Eq1Pct: over("eq1", "errorPct"),
      app6InversePct: over("inverse", "errorPct"),
      app6ExponentialPct: over("exponential", "errorPct"),
    },
    reasons: {},
    rows,
  }
}

function rowsOf(name: string, medians: readonly number[]): Row[] {
  const points: Point[] = slapp.memoryMB.map((memoryMB, i) => ({ memoryMB, ms: medians[i]! }))
  const given = points.filter(({ memoryMB }) => FITTED_MB.includes(memoryMB))
  const splits = Array.from({ length: SPLITS }, (_, seed) => randomSubset(points, FITTED_MB.length, seed + 1))
  return (Object.keys(LAWS) as LawName[]).map((law) => {
    const errorOf = (fitted: readonly Point[]): number => unseenErrorPct(points, fitted, LAWS[law](fitted))
    const random = splits.map(errorOf)
    return {
      table: "app6",
      function: name,
      law,
      errorPct: rounded(errorOf(given)),
      randomSplitPct: rounded(mean(random)),
      worstSplitPct: rounded(Math.max(...random)),
      interpolationFloorPct: rounded(interpolationFloorPct(points)),
    }
  })
}
