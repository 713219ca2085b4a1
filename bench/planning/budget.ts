// npm run bench -- planning --only budget
// Least latency within a budget on ConfigNavigator's pipelines: our plan against the optimum, and the searches of its
// evaluation beside it, with the time they would take when every evaluation has to be watched for 30 s.
import type { Bench } from "../bench.ts"
import { jolteonOnVideo } from "./budget/jolteon.ts"
import {
  aquatopes,
  charmseekers,
  type Found,
  type Method,
  navigators,
  ours,
  PROFILED_SIZES,
  searchSeconds,
} from "./budget/methods.ts"
import { type Pipeline, pipelineOf } from "./budget/pipelines.ts"
import { NAVIGATOR_FAMILIES } from "./instances.ts"

/** Budgets above the cheapest cost, in percent: ConfigNavigator, section 4.1. */
const BUDGETS_PCT = [30, 50, 80, 100]

/** Synthetic sets of functions per pipeline, searches with other seeds on each, and budgets of the long searches. */
const QUICK = { instances: 1, seeds: 2, longBudgets: [50] }
const FULL = { instances: 8, seeds: 5, longBudgets: BUDGETS_PCT }

/** The share of search time that the paper saves against Aquatope. */
const PAPER_SAVED_PCT = 94.11

interface Outcome extends Found {
  readonly pipeline: string
  readonly budgetPct: number
  readonly instance: number
  readonly gapPct: number
}

export const bench: Bench = async ({ full }) => {
  const size = full ? FULL : QUICK
  const pipelines = NAVIGATOR_FAMILIES.flatMap((family) =>
    Array.from({ length: size.instances }, (_, instance) => pipelineOf(family, instance + 1)),
  )
  for (let i = 0; i < 100; i++)
    ours(pipelines[i % pipelines.length]!, 1.5 * pipelines[i % pipelines.length]!.cheapestUsd, 0)
  const plans = pipelines.flatMap((pipeline) => outcomesOf(pipeline, ours, { seeds: 20 }))
  const searches = pipelines.flatMap((pipeline) => [
    ...[navigators([20]), aquatopes, charmseekers].flatMap((method) => outcomesOf(pipeline, method, size)),
    ...outcomesOf(pipeline, navigators([100]), { seeds: 1, budgets: size.longBudgets }),
    // Where a group of the pipeline needs Gaussian processes 1,000 rounds take minutes.
    ...(full || pipeline.name === "face-detection"
      ? outcomesOf(pipeline, navigators([1000]), { seeds: 1, budgets: size.longBudgets })
      : []),
  ])
  const all = [...plans, ...searches]
  const video = jolteonOnVideo(full)
  const times = timeRows(all)
  return await Promise.resolve({
    summary: {
      budgetGapPct: rounded(mean(plans.map(({ gapPct }) => gapPct))),
      budgetWorstGapPct: rounded(max(plans.map(({ gapPct }) => gapPct))),
      budgetMs: rounded(
        quantile(
          plans.map(({ computeMs }) => computeMs),
          0.5,
        ),
      ),
      budgetP99Ms: rounded(
        quantile(
          plans.map(({ computeMs }) => computeMs),
          0.99,
        ),
      ),
      ...gapsOf(searches),
      ...video.summary,
      budgetSearchTimeSavedPct: times.savedPct,
    },
    reasons: video.reasons,
    rows: [...gapRows(all), ...times.rows, ...video.rows],
  })
}

function outcomesOf(
  pipeline: Pipeline,
  method: Method,
  { seeds, budgets = BUDGETS_PCT }: { readonly seeds: number; readonly budgets?: readonly number[] },
): Outcome[] {
  return budgets.flatMap((budgetPct) => {
    const budgetUsd = (1 + budgetPct / 100) * pipeline.cheapestUsd
    const bestMs = pipeline.fastestMs(budgetUsd)
    return Array.from({ length: seeds }, (_, seed) => method(pipeline, budgetUsd, seed + 1))
      .flat()
      .map((found) => ({
        ...found,
        pipeline: pipeline.name,
        instance: pipeline.instance,
        budgetPct,
        gapPct: 100 * (found.latencyMs / bestMs - 1),
      }))
  })
}

/** Mean gaps of the searches as keys of the summary; what deployed nothing counts in `noPlan` rows alone. */
function gapsOf(outcomes: readonly Outcome[]): Record<string, number> {
  const keys: Readonly<Record<string, string>> = {
    budgetNavigator20GapPct: "config-navigator 20 rounds",
    budgetNavigator100GapPct: "config-navigator 100 rounds",
    budgetNavigator1000GapPct: "config-navigator 1000 rounds",
    budgetAquatope40GapPct: "aquatope 40 evaluations",
    budgetAquatope80GapPct: "aquatope 80 evaluations",
    budgetCharmseeker40GapPct: "charmseeker 40 evaluations",
    budgetCharmseeker80GapPct: "charmseeker 80 evaluations",
  }
  return Object.fromEntries(
    Object.entries(keys).map(([key, method]) => [
      key,
      rounded(mean(finite(outcomes.filter((found) => found.method === method).map(({ gapPct }) => gapPct)))),
    ]),
  )
}

/** One row for each method, pipeline and budget. */
function gapRows(outcomes: readonly Outcome[]): unknown[] {
  return grouped(outcomes, ({ method, pipeline, budgetPct }) => `${method}|${pipeline}|${budgetPct}`).map((of) => {
    const { method, pipeline, budgetPct } = of[0]!
    const gaps = finite(of.map(({ gapPct }) => gapPct))
    const perInstance = grouped(of, ({ instance }) => String(instance))
    return {
      table: "latency above the optimum",
      pipeline,
      budget: `+${budgetPct} %`,
      method,
      searches: of.length,
      noPlan: of.length - gaps.length,
      meanPct: gaps.length > 0 ? rounded(mean(gaps)) : null,
      worstPct: gaps.length > 0 ? rounded(max(gaps)) : null,
      // Over searches of the same functions with other seeds.
      spreadPct: rounded(mean(perInstance.map((same) => spread(finite(same.map(({ gapPct }) => gapPct)))))),
      computeMs: rounded(mean(of.map(({ computeMs }) => computeMs))),
    }
  })
}

/** Time to an answer of each method, the evaluations watched one after the other, against Aquatope's 80. */
function timeRows(outcomes: readonly Outcome[]): { rows: unknown[]; savedPct: number } {
  const means = grouped(outcomes, ({ method }) => method).map((of) => ({
    method: of[0]!.method,
    evaluations: of[0]!.evaluations,
    seconds: mean(of.map(searchSeconds)),
  }))
  const own = means.find(({ method }) => method === "ours")!
  const profiled = {
    method: `ours with a profile at ${PROFILED_SIZES} sizes`,
    evaluations: PROFILED_SIZES,
    seconds: searchSeconds({ computeMs: own.seconds * 1000, evaluations: PROFILED_SIZES }),
  }
  const baseline = means.find(({ method }) => method === "aquatope 80 evaluations")!.seconds
  const savedPct = (seconds: number): number => rounded(100 * (1 - seconds / baseline))
  return {
    savedPct: savedPct(profiled.seconds),
    rows: [...means, profiled].map((of) => ({
      table: "time to an answer",
      ...of,
      seconds: Number(of.seconds.toPrecision(3)),
      savedPct: savedPct(of.seconds),
      paperPct: of.method.startsWith("config-navigator") ? PAPER_SAVED_PCT : null,
    })),
  }
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group === undefined) groups.set(keyOf(value), [value])
    else group.push(value)
  }
  return [...groups.values()]
}

const finite = (values: readonly number[]): number[] => values.filter(Number.isFinite)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const max = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), -Infinity)
const rounded = (value: number): number => Number(value.toFixed(value < 1 ? 4 : 2))

function spread(values: readonly number[]): number {
  if (values.length < 2) return 0
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
}

function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!
}
