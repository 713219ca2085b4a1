import { clopperPearson } from "../statistics/binomial.ts"
import { spreadOf, type Spread } from "../statistics/spread.ts"
import { formatConfig } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"
import type { RunResult, RunStatus } from "../workflow/run-result.ts"
import type { SimulatedRun } from "./simulate.ts"

/** True for a run that ended well within its goal. */
export function isWithin(
  { status, latencyMs, costUsd }: Pick<SimulatedRun, "status" | "latencyMs" | "costUsd">,
  goal: Goal,
): boolean {
  if (status !== "succeeded" && status !== "partial") return false
  return goal.kind === "cost" ? latencyMs <= goal.sloMs : costUsd <= goal.budgetUsd
}

export interface Attainment {
  readonly share: number
  readonly low: number
  readonly high: number
  /** The goal's percentile. */
  readonly wanted: number
}

/** Confidence of the interval of an attainment. */
const CONFIDENCE = 0.95

/** Share of runs within the goal, with Clopper and Pearson's exact interval. */
export function attainmentOf(runs: readonly SimulatedRun[], goal: Goal): Attainment {
  const hits = runs.filter((run) => isWithin(run, goal)).length
  const { low, high } = clopperPearson(hits, runs.length, CONFIDENCE)
  return { share: runs.length === 0 ? 0 : hits / runs.length, low, high, wanted: goal.percentile }
}

export function statusCounts(runs: readonly SimulatedRun[]): Partial<Record<RunStatus, number>> {
  const counts: Partial<Record<RunStatus, number>> = {}
  for (const { status } of runs) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

export interface StepSummary {
  readonly name: string
  readonly measuredMs: Spread
  /** Median of what was predicted. */
  readonly predictedMs: number
  readonly costUsd: number
  readonly coldShare: number
  readonly config: string
  readonly configShare: number
}

/** Each step over the runs that were kept whole, in the order of the workflow. */
export function stepSummaries(whole: readonly RunResult[]): readonly StepSummary[] {
  const names = whole[0]?.steps.map((step) => step.name) ?? []
  return names.map((name, index) => {
    const steps = whole.flatMap((run) => run.steps[index] ?? []).filter((step) => step.invocations.length > 0)
    const invocations = steps.flatMap((step) => step.invocations)
    const configs = new Map<string, number>()
    for (const { config } of steps) configs.set(formatConfig(config), (configs.get(formatConfig(config)) ?? 0) + 1)
    const [config = "-", count = 0] = [...configs].sort(([, a], [, b]) => b - a)[0] ?? []
    return {
      name,
      measuredMs: spreadOf(steps.map((step) => step.measuredMs)),
      predictedMs: spreadOf(steps.map((step) => step.predictedMs)).p50,
      costUsd: spreadOf(steps.map((step) => step.costUsd)).mean,
      coldShare: invocations.filter((one) => one.coldStart).length / Math.max(1, invocations.length),
      config,
      configShare: count / Math.max(1, steps.length),
    }
  })
}

/** Of the runs that were kept whole the one whose latency is nearest to the median of all. */
export function medianRun(whole: readonly RunResult[], medianMs: number): RunResult | null {
  return whole.reduce<RunResult | null>(
    (best, run) =>
      best === null || Math.abs(run.latencyMs - medianMs) < Math.abs(best.latencyMs - medianMs) ? run : best,
    null,
  )
}
