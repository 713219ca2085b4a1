// How often plans at a percentile keep their deadline on scenarios that no planner saw, and what they cost.
import { type Scenarios, scenariosOf } from "../../src/optimization/uncertainty/scenarios.ts"
import { attainmentOf } from "../../src/optimization/uncertainty/attainment.ts"
import { chanceConstrained } from "../../src/optimization/uncertainty/chance-constrained.ts"
import { repeatedWhile } from "../../src/optimization/uncertainty/counts.ts"
import { surrogateOf } from "../../src/optimization/uncertainty/surrogate.ts"
import { expectedExecutions, type StepUnfolding, unfold } from "../../src/optimization/uncertainty/unfolding.ts"
import { type RandomTable, randomTable } from "../../src/statistics/monte-carlo.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import { defineWorkflow } from "../../src/workflow/builder.ts"
import { schedule } from "../../src/workflow/critical-path.ts"
import type { Bench, BenchResult } from "../bench.ts"
import { DAG16, type Family, ML, VP } from "./instances.ts"
import { onlineReasons, onlineRow, type OnlineRow, onlineSummary } from "./online-margin.ts"
import {
  bySearch,
  P90_OF_ALL,
  type PartLevels,
  planByLevels,
  STEPCONF_MODEL,
  type UncertainInstance,
  uncertainInstance,
} from "./uncertain.ts"

const LEVELS = [0.9, 0.95, 0.99] as const
const SLO_FACTORS = [1.5, 2.5] as const
const SEEDS = 2
const FRESH = 20_000

interface Case {
  readonly workflow: string
  readonly instance: UncertainInstance
  readonly sloFactor: number
  readonly sloMs: number
  readonly unfoldings: readonly StepUnfolding[] | null
}

interface PlanRow {
  readonly table: "attainment"
  readonly workflow: string
  readonly seed: number
  readonly sloFactor: number
  readonly plan: string
  /** The level asked for, %; null for sums of percentiles, which promise none. */
  readonly targetPct: number | null
  readonly attainmentPct: number
  readonly expectedUsd: number
  readonly kappa: number | null
  /** What the planner reported from its own 2,000 scenarios. */
  readonly reportedLowerPct: number | null
  /** The chance plan of the same attainment costs this much less (negative: more), %. */
  readonly savingAtEqualAttainmentPct: number | null
}

export const bench: Bench = async ({ full }) => {
  const fresh = randomTable({ seed: 20_000, scenarios: FRESH })
  const rows: PlanRow[] = []
  for (const current of casesOf(full ? 3 * SEEDS : SEEDS)) rows.push(...rowsOf(current, fresh))
  // Whole runs are planned again at every event: minutes.
  const online = full ? casesOf(1).flatMap((current) => onlineRowsOf(current)) : []
  return {
    summary: { ...summaryOf(rows), ...onlineSummary(online) },
    reasons: onlineReasons(online),
    rows: [...rows, ...online],
  }
}

function casesOf(seeds: number): Case[] {
  const families: readonly (readonly [string, Family])[] = [
    ["ml", ML],
    ["vp", VP],
    ["dag16", DAG16],
    ["vp with branches", VP],
  ]
  return families.flatMap(([workflow, family]) =>
    Array.from({ length: seeds }, (_, seed) => {
      const instance = uncertainInstance(family, seed + 1)
      const unfoldings = workflow === "vp with branches" ? branches() : null
      return SLO_FACTORS.map((sloFactor) => ({
        workflow,
        instance,
        sloFactor,
        sloMs: sloFactor * fastestMs(instance),
        unfoldings,
      }))
    }).flat(),
  )
}

/** Video pipeline: step 2 in 30 % of the runs and 3 in the others, step 6 up to three times, going on in 40 %. */
function branches(): readonly StepUnfolding[] {
  const workflow = defineWorkflow({
    name: "branches",
    functions: { f: { handler: "./f.ts" } },
    steps: {
      s0: { function: "f" },
      s1: { function: "f", after: ["s0"] },
      s2: { function: "f", after: ["s1"], when: { step: "s1", path: "kind", operator: "==", value: "a" } },
      s3: { function: "f", after: ["s1"], when: { step: "s1", path: "kind", operator: "!=", value: "a" } },
      s4: { function: "f", after: ["s2", "s3"] },
      s5: { function: "f", after: ["s4"] },
      s6: { function: "f", after: ["s5"], loop: { while: { path: "again", operator: "exists" }, max: 3 } },
      s7: { function: "f", after: ["s6"] },
    },
  })
  return unfold(workflow, {
    probabilityOf: (step) => (step === "s2" ? 0.3 : 0.7),
    loopCounts: () => repeatedWhile(0.4, 3),
  })
}

function fastestMs({ problem }: UncertainInstance): number {
  const { curves } = surrogateOf(problem, { kappaMs: 0, kappaUsd: 0 }).problem
  return schedule(
    problem.graph,
    curves.map(({ latencyMs }) => latencyMs[0]!),
  ).length
}

function rowsOf(current: Case, table: RandomTable): PlanRow[] {
  const { instance, unfoldings } = current
  const fresh = scenariosOf(instance.problem, table, unfoldings === null ? {} : { unfoldings })
  const rows = LEVELS.flatMap((level) => chanceRow(current, fresh, level) ?? [])
  if (unfoldings !== null) return rows
  return [
    ...rows,
    ...sumRows(current, fresh, { plan: "sum of P90", levels: P90_OF_ALL }),
    ...sumRows(current, fresh, { plan: "StepConf's model", levels: STEPCONF_MODEL }),
  ]
}

function chanceRow(current: Case, fresh: Scenarios, percentile: number): PlanRow | null {
  const { instance, sloMs, unfoldings } = current
  const found = chanceConstrained(bySearch, instance.problem, {
    goal: { kind: "cost", sloMs, percentile },
    ...(unfoldings === null ? {} : { unfoldings }),
  })
  if (!found.feasible) return null
  const { share } = attainmentOf(fresh.latencies(found.selection), sloMs, percentile)
  return {
    ...head(current),
    plan: "chance-constrained",
    targetPct: 100 * percentile,
    attainmentPct: round(100 * share, 3),
    expectedUsd: costOf(current, found.selection),
    kappa: round(found.kappa, 3),
    reportedLowerPct: round(100 * found.attainment.lower, 3),
    savingAtEqualAttainmentPct: null,
  }
}

function sumRows(
  current: Case,
  fresh: Scenarios,
  { plan, levels }: { readonly plan: string; readonly levels: PartLevels },
): PlanRow[] {
  const { instance, sloMs } = current
  const selection = planByLevels(instance, levels, sloMs)
  if (selection === null) return []
  const { share } = attainmentOf(fresh.latencies(selection), sloMs, 0.9)
  const expectedUsd = costOf(current, selection)
  // Beyond it there is no plan of equal attainment to be told from a better one.
  const equal = share > 0.5 && share < 0.999 ? chanceRow(current, fresh, share) : null
  const saving = equal === null ? null : round(100 * (1 - equal.expectedUsd / expectedUsd), 2)
  return [
    {
      ...head(current),
      plan,
      targetPct: null,
      attainmentPct: round(100 * share, 3),
      expectedUsd,
      kappa: null,
      reportedLowerPct: null,
      savingAtEqualAttainmentPct: saving,
    },
  ]
}

function head({ workflow, instance, sloFactor }: Case): Pick<PlanRow, "table" | "workflow" | "seed" | "sloFactor"> {
  return { table: "attainment", workflow, seed: instance.seed, sloFactor }
}

function costOf({ instance, unfoldings }: Case, selection: Int32Array): number {
  const executions = unfoldings === null ? null : expectedExecutions(unfoldings)
  const cost = selection.reduce((sum, k, i) => sum + (executions?.[i] ?? 1) * instance.problem.steps[i]!.meanUsd[k]!, 0)
  return Number(cost.toPrecision(6))
}

function summaryOf(rows: readonly PlanRow[]): BenchResult["summary"] {
  const errorsAt = (level: number): number[] =>
    rows.filter((row) => row.targetPct === 100 * level).map((row) => Math.abs(row.attainmentPct - 100 * level))
  const of = (plan: string): PlanRow[] => rows.filter((row) => row.plan === plan)
  const savings = (plan: string): number[] => of(plan).flatMap((row) => row.savingAtEqualAttainmentPct ?? [])
  const sums = of("sum of P90").map((row) => row.attainmentPct)
  const stepConf = of("StepConf's model").map((row) => row.attainmentPct)
  return {
    attainmentErrorMaxPoints: round(Math.max(...LEVELS.flatMap(errorsAt)), 2),
    attainmentError90MaxPoints: round(Math.max(...errorsAt(0.9)), 2),
    attainmentError95MaxPoints: round(Math.max(...errorsAt(0.95)), 2),
    attainmentError99MaxPoints: round(Math.max(...errorsAt(0.99)), 2),
    attainmentError95MeanPoints: round(mean(errorsAt(0.95)), 2),
    /** Standard error of a share of the fresh scenarios at 95 %. */
    attainmentNoisePoints: round(100 * Math.sqrt((0.95 * 0.05) / FRESH), 2),
    p90SumAttainmentMinPct: round(Math.min(...sums), 1),
    p90SumAttainmentMaxPct: round(Math.max(...sums), 1),
    stepConfModelAttainmentMinPct: round(Math.min(...stepConf), 1),
    stepConfModelAttainmentMaxPct: round(Math.max(...stepConf), 1),
    savingOnP90SumAtEqualAttainmentPct: round(mean(savings("sum of P90")), 2),
    savingOnStepConfModelAtEqualAttainmentPct: round(mean(savings("StepConf's model")), 2),
  }
}

function onlineRowsOf({ instance, sloMs, unfoldings }: Case): OnlineRow[] {
  return unfoldings === null ? [onlineRow(instance, sloMs)] : []
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
