import type { CompiledSpace, Estimate } from "../../estimation/estimator.ts"
import { momentsOf } from "../../statistics/quantile-table.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { StepConfig } from "../../workflow/config.ts"
import { configAt } from "../frontier.ts"
import { type FrontierCache, frontierCache } from "../frontier-cache.ts"
import { staticShares, type StepChoices, usefulCapacity } from "../step-choices.ts"
import { widths } from "../concurrency.ts"
import type { CountDistribution } from "./counts.ts"
import type { UncertainProblem, UncertainStep } from "./uncertain-problem.ts"
import type { StepUnfolding } from "./unfolding.ts"

/** The Estimate of a configuration of a step, with everything cold; with the expected count where `tasks` is absent. */
export type EstimateOf = (step: string, config: StepConfig, tasks?: number) => Estimate

/** An uncertain problem whose candidates are configurations. */
export interface ConfigurationProblem extends UncertainProblem {
  /** By step index, then by candidate. */
  readonly configs: readonly (readonly StepConfig[])[]
}

/** Margins whose Pareto sets together are the candidates of a step. */
const KAPPAS = [0, 1.3, 3] as const

/**
 * A workflow's choices as an uncertain problem: each step's candidates are the union of its Pareto sets at margins of 0,
 * 1.3 and 3 standard deviations, a few hundred configurations, and each has its moments from its Estimate. Times are
 * sampled part by part. About 50 us a candidate.
 */
export function configurationProblem(
  choices: StepChoices,
  estimateOf: EstimateOf,
  unfoldings?: readonly StepUnfolding[],
): ConfigurationProblem {
  const cache = frontierCache()
  const shares = staticShares(choices.problem.workflow, widths(choices.graph), choices.problem.limits)
  const built = choices.frontiers.map(({ space }, i) => {
    const capacity = usefulCapacity(space, shares[i]!)
    const request = { space, limits: choices.problem.limits, ...(capacity === null ? {} : { capacity }) }
    const configs = candidateConfigs(cache, request)
    return stepOf(configs, unfoldings?.[i]?.tasks ?? null, (config, tasks) =>
      estimateOf(choices.graph.names[i]!, config, tasks),
    )
  })
  return { graph: choices.graph, steps: built.map(({ step }) => step), configs: built.map(({ configs }) => configs) }
}

type FrontierOf = Parameters<FrontierCache["get"]>[0]

/** Margins are shares of the way from the median to the space's percentile, which is z standard deviations. */
function candidateConfigs(cache: FrontierCache, request: FrontierOf): StepConfig[] {
  const { space } = request
  const points = new Set<number>()
  for (const kappa of KAPPAS)
    for (const point of cache.get({ ...request, margin: kappa / scoreOf(space) }).point) points.add(point)
  return [...points].sort((a, b) => a - b).map((point) => configAt(space, point))
}

/** A percentile near the median says little of the spread. */
const LEAST_SCORE = 0.5

function scoreOf({ percentile }: CompiledSpace): number {
  return Math.max(LEAST_SCORE, normalQuantile(percentile))
}

function stepOf(
  configs: readonly StepConfig[],
  tasks: CountDistribution | null,
  estimateOf: (config: StepConfig, tasks?: number) => Estimate,
): { readonly step: UncertainStep; readonly configs: readonly StepConfig[] } {
  const estimated = configs.map((config) => ({ config, usual: estimateOf(config) }))
  const runnable = estimated.filter(({ usual }) => usual.blocked === undefined)
  // Where nothing can run by its Estimate the space's own verdict stands.
  const used = runnable.length > 0 ? runnable : estimated
  const kept = used.map(({ config }) => config)
  const moments = used.map(({ config, usual }) =>
    tasks === null ? momentsAt(usual) : momentsOver(tasks, (count) => momentsAt(estimateOf(config, count))),
  )
  return {
    configs: kept,
    step: {
      meanMs: Float64Array.from(moments, ({ ms }) => ms.mean),
      sdMs: Float64Array.from(moments, ({ ms }) => ms.sd),
      meanUsd: Float64Array.from(moments, ({ usd }) => usd.mean),
      sdUsd: Float64Array.from(moments, ({ usd }) => usd.sd),
      estimate: (candidate, count) => {
        const { parts, costUsd } = count === undefined ? used[candidate]!.usual : estimateOf(kept[candidate]!, count)
        return { time: partsOf(parts).map((distribution) => ({ distribution })), costUsd }
      },
    },
  }
}

function partsOf({ mappingDelay, download, compute, upload }: Estimate["parts"]): readonly Estimate["latencyMs"][] {
  return [mappingDelay, download, compute, upload]
}

interface Moments {
  readonly mean: number
  readonly sd: number
}

interface StepMoments {
  readonly ms: Moments
  readonly usd: Moments
}

/** Spreads below this share of the mean are rounding of a time that never varies. */
const NO_SPREAD = 1e-6

function momentsAt({ parts, costUsd }: Estimate): StepMoments {
  const all = partsOf(parts).map(momentsOf)
  const mean = all.reduce((sum, part) => sum + part.mean, 0)
  const sd = Math.hypot(...all.map((part) => (part.sd > NO_SPREAD * part.mean ? part.sd : 0)))
  return { ms: { mean, sd }, usd: costUsd }
}

/** Moments over counts that the run tells: spread within each count and between them. */
function momentsOver(counts: CountDistribution, at: (count: number) => StepMoments): StepMoments {
  const found = counts.counts.map(at)
  return {
    ms: mixed(
      counts.weights,
      found.map(({ ms }) => ms),
    ),
    usd: mixed(
      counts.weights,
      found.map(({ usd }) => usd),
    ),
  }
}

function mixed(weights: readonly number[], of: readonly Moments[]): Moments {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = of.reduce((sum, moments, i) => sum + weights[i]! * moments.mean, 0) / total
  const variance = of.reduce((sum, m, i) => sum + weights[i]! * (m.sd * m.sd + (m.mean - mean) ** 2), 0) / total
  return { mean, sd: Math.sqrt(Math.max(0, variance)) }
}
