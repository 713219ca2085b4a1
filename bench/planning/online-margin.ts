// The margin of an online policy calibrated on whole runs, against the best static plan of the same attainment.
import { hitsOf } from "../../src/optimization/uncertainty/attainment.ts"
import { calibratedOnline } from "../../src/optimization/uncertainty/calibrate-kappa.ts"
import { chanceConstrained } from "../../src/optimization/uncertainty/chance-constrained.ts"
import { onlineRuns } from "../../src/optimization/uncertainty/online-runs.ts"
import { scenariosOf } from "../../src/optimization/uncertainty/scenarios.ts"
import { randomTable } from "../../src/statistics/monte-carlo.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import type { BenchResult } from "../bench.ts"
import { bySearch, type UncertainInstance } from "./uncertain.ts"

export interface OnlineRow {
  readonly table: "online margin"
  readonly workflow: string
  readonly seed: number
  readonly sloMs: number
  readonly targetPct: number
  readonly kappa: number
  readonly attainmentPct: number
  readonly meanUsd: number
  /** Against the chance-constrained static plan of the same attainment, %; null where that cannot be planned. */
  readonly savingPct: number | null
}

const FRESH = 4000

/** Calibrates on 1,000 scenarios for 95 % and measures on 4,000 fresh ones. Seconds to minutes. */
export function onlineRow(instance: UncertainInstance, sloMs: number): OnlineRow {
  const { problem } = instance
  const { kappa } = calibratedOnline(bySearch, problem, { sloMs, level: 0.95 })
  const scenarios = scenariosOf(problem, randomTable({ seed: 4000, scenarios: FRESH }))
  const runs = onlineRuns(bySearch, problem, { scenarios, sloMs, kappa })
  const share = hitsOf(runs.latencyMs, sloMs) / FRESH
  const meanUsd = mean([...runs.costUsd])
  const equal = chanceConstrained(bySearch, problem, { goal: { kind: "cost", sloMs, percentile: share } })
  return {
    table: "online margin",
    workflow: instance.family,
    seed: instance.seed,
    sloMs: Math.round(sloMs),
    targetPct: 95,
    kappa: Number(kappa.toFixed(3)),
    attainmentPct: Number((100 * share).toFixed(2)),
    meanUsd: Number(meanUsd.toPrecision(6)),
    savingPct: equal.feasible ? Number((100 * (1 - meanUsd / equal.expectedUsd)).toFixed(2)) : null,
  }
}

/** Figures of all rows; null where there are none. */
export function onlineSummary(rows: readonly OnlineRow[]): BenchResult["summary"] {
  const savings = rows.flatMap((row) => row.savingPct ?? [])
  return {
    onlineAttainmentMinPct: rows.length === 0 ? null : Math.min(...rows.map((row) => row.attainmentPct)),
    onlineAttainmentMaxPct: rows.length === 0 ? null : Math.max(...rows.map((row) => row.attainmentPct)),
    onlineSavingAtEqualAttainmentPct: savings.length === 0 ? null : Number(mean(savings).toFixed(2)),
  }
}

/** Why figures are missing, by key. */
export function onlineReasons(rows: readonly OnlineRow[]): BenchResult["reasons"] {
  const reason = "calibrating a margin on whole runs takes minutes: run with --full"
  const keys = ["onlineAttainmentMinPct", "onlineAttainmentMaxPct", "onlineSavingAtEqualAttainmentPct"]
  return rows.length > 0 ? {} : Object.fromEntries(keys.map((key) => [key, reason]))
}
