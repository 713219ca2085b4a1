// The margin of an online policy calibrated on whole runs, against the best static plan of the same attainment, and
// against one that knows every time beforehand.
import { paretoOrder } from "../../src/optimization/pareto.ts"
import { hitsOf } from "../../src/optimization/uncertainty/attainment.ts"
import { calibratedOnline } from "../../src/optimization/uncertainty/calibrate-kappa.ts"
import { chanceConstrained } from "../../src/optimization/uncertainty/chance-constrained.ts"
import { onlineRuns } from "../../src/optimization/uncertainty/online-runs.ts"
import { type Scenarios, scenariosOf } from "../../src/optimization/uncertainty/scenarios.ts"
import type { UncertainProblem } from "../../src/optimization/uncertainty/uncertain-problem.ts"
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
  readonly shrink: number
  readonly attainmentPct: number
  readonly meanUsd: number
  /** Against the chance-constrained static plan of the same attainment, %; null where that cannot be planned. */
  readonly savingPct: number | null
  /**
   * What one that knows all times beforehand, gives up the dearest scenarios and pays the least in them would save against
   * that static plan at this attainment, %: no policy saves more.
   */
  readonly clairvoyantSavingPct: number | null
  /** Cost above one that knows all times and keeps the SLO wherever it can, %. */
  readonly aboveClairvoyantPct: number
}

const FRESH = 4000

/** Scenarios that the clairvoyant is asked about: the times of all candidates are drawn for it. */
const FORESEEN = 500

/** Calibrates on 1,000 scenarios for 95 % and measures on 4,000 fresh ones. Seconds to minutes. */
export function onlineRow(instance: UncertainInstance, sloMs: number): OnlineRow {
  const { problem } = instance
  const { kappa, shrink } = calibratedOnline(bySearch, problem, { sloMs, level: 0.95 })
  const measured = (scenarios: Scenarios): { share: number; meanUsd: number } => {
    const runs = onlineRuns(bySearch, problem, { scenarios, sloMs, margin: { kappa, shrink } })
    return { share: hitsOf(runs.latencyMs, sloMs) / scenarios.count, meanUsd: mean([...runs.costUsd]) }
  }
  const { share, meanUsd } = measured(scenariosOf(problem, randomTable({ seed: 4000, scenarios: FRESH })))
  const foreseen = scenariosOf(problem, randomTable({ seed: 5000, scenarios: FORESEEN }))
  const beside = measured(foreseen)
  const keptUsd = foreseenUsd(problem, foreseen, sloMs)
  const aboveGivingUp = beside.meanUsd / givingUpUsd(problem, keptUsd, beside.share)
  const above = beside.meanUsd / mean(keptUsd.filter((usd) => usd < Infinity))
  const equal = chanceConstrained(bySearch, problem, { goal: { kind: "cost", sloMs, percentile: share } })
  const saving = (usd: number): number | null =>
    equal.feasible ? Number((100 * (1 - usd / equal.expectedUsd)).toFixed(2)) : null
  return {
    table: "online margin",
    workflow: instance.family,
    seed: instance.seed,
    sloMs: Math.round(sloMs),
    targetPct: 95,
    kappa: Number(kappa.toFixed(3)),
    shrink,
    attainmentPct: Number((100 * share).toFixed(2)),
    meanUsd: Number(meanUsd.toPrecision(6)),
    savingPct: saving(meanUsd),
    clairvoyantSavingPct: saving(meanUsd / aboveGivingUp),
    aboveClairvoyantPct: Number((100 * (above - 1)).toFixed(2)),
  }
}

/** Cost of the cheapest plan within the SLO when all times are known, by scenario; infinite where there is none. */
function foreseenUsd(problem: UncertainProblem, scenarios: Scenarios, sloMs: number): number[] {
  return Array.from({ length: scenarios.count }, (_, s) => {
    const curves = problem.steps.map(({ meanUsd }, i) => {
      const latencyMs = meanUsd.map((_usd, k) => scenarios.durations(i, k)[s]!)
      const order = paretoOrder({ count: latencyMs.length, latencyMs, costUsd: meanUsd })
      const pick = (from: Float64Array): Float64Array => Float64Array.from(order, (k) => from[k]!)
      return { latencyMs: pick(latencyMs), costUsd: pick(meanUsd) }
    })
    const selection = bySearch({ graph: problem.graph, curves }, { kind: "cost", sloMs })
    return selection === null ? Infinity : selection.reduce((sum, k, i) => sum + curves[i]!.costUsd[k]!, 0)
  })
}

/** Mean cost of keeping the SLO in the share of scenarios where that is cheapest, and of the cheapest plan in the others. */
function givingUpUsd({ steps }: UncertainProblem, keptUsd: readonly number[], share: number): number {
  const givenUpUsd = steps.reduce((sum, { meanUsd }) => sum + meanUsd.reduce((a, b) => Math.min(a, b)), 0)
  const kept = keptUsd.toSorted((a, b) => a - b).slice(0, Math.round(share * keptUsd.length))
  const sum = kept.reduce((total, usd) => total + usd, 0) + (keptUsd.length - kept.length) * givenUpUsd
  return sum / keptUsd.length
}

/** Figures of all rows; null where there are none. */
export function onlineSummary(rows: readonly OnlineRow[]): BenchResult["summary"] {
  const savings = rows.flatMap((row) => row.savingPct ?? [])
  const of = (values: readonly number[], figure: (values: readonly number[]) => number): number | null =>
    values.length === 0 ? null : Number(figure(values).toFixed(2))
  const attained = rows.map((row) => row.attainmentPct)
  return {
    onlineAttainmentMinPct: of(attained, (values) => Math.min(...values)),
    onlineAttainmentMaxPct: of(attained, (values) => Math.max(...values)),
    onlineSavingAtEqualAttainmentPct: of(savings, (values) => mean([...values])),
    onlineSavingMinPct: of(savings, (values) => Math.min(...values)),
    onlineAboveClairvoyantMaxPct: of(
      rows.map((row) => row.aboveClairvoyantPct),
      (values) => Math.max(...values),
    ),
  }
}

/** Why figures are missing, by key. */
export function onlineReasons(rows: readonly OnlineRow[]): BenchResult["reasons"] {
  const reason = "calibrating a margin on whole runs takes minutes: run with --full"
  return rows.length > 0 ? {} : Object.fromEntries(Object.keys(onlineSummary([])).map((key) => [key, reason]))
}
