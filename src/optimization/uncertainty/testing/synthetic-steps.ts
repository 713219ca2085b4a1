import type { Random } from "../../../base/random.ts"
import type { Distribution } from "../../../statistics/distribution.ts"
import { constant, logNormal, momentsOf } from "../../../statistics/quantile-table.ts"
import { type Graph, graphOf } from "../../../workflow/graph.ts"
import type { Workflow } from "../../../workflow/workflow.ts"
import type { UncertainProblem, UncertainStep } from "../uncertain-problem.ts"

/** One candidate: a time per task with lognormal noise, and what an execution costs. */
export interface SyntheticCandidate {
  readonly ms: number
  readonly usd: number
  /** Sd of ln t; 0 is no noise at all. */
  readonly logSd?: number
  readonly costSd?: number
  /** Times and costs are per task where tasks are counted. */
  readonly perTask?: boolean
}

export function syntheticStep(candidates: readonly SyntheticCandidate[]): UncertainStep {
  const times = candidates.map(timeOf)
  const moments = times.map(momentsOf)
  return {
    meanMs: Float64Array.from(moments, ({ mean }) => mean),
    sdMs: Float64Array.from(moments, ({ sd }, k) => ((candidates[k]!.logSd ?? 0) === 0 ? 0 : sd)),
    meanUsd: Float64Array.from(candidates, ({ usd }) => usd),
    sdUsd: Float64Array.from(candidates, ({ costSd = 0 }) => costSd),
    estimate: (k, tasks = 1) => {
      const candidate = candidates[k]!
      const factor = candidate.perTask === true ? tasks : 1
      return {
        time: timeOf({ ...candidate, ms: candidate.ms * factor }),
        costUsd: { mean: candidate.usd * factor, sd: (candidate.costSd ?? 0) * factor },
      }
    },
  }
}

function timeOf({ ms, logSd = 0 }: SyntheticCandidate): Distribution {
  return logSd === 0 ? constant(ms) : logNormal(ms, logSd)
}

/** A problem on a graph whose steps have `count` random candidates each, each `ratio` faster than the one before and dearer. */
export function randomProblem(
  graph: Graph,
  random: Random,
  {
    count = 4,
    ratio = 1.5,
    logSd = 0.15,
  }: { readonly count?: number; readonly ratio?: number; readonly logSd?: number } = {},
): UncertainProblem {
  const steps = graph.names.map(() => {
    const work = 500 + 4000 * random.next()
    const dearness = 0.3 + 0.5 * random.next()
    return syntheticStep(
      Array.from({ length: count }, (_, k) => {
        const speed = ratio ** k
        const spread = logSd * (0.5 + random.next())
        return { ms: work / speed, usd: (work / 1000) * speed ** dearness, logSd: spread }
      }),
    )
  })
  return { graph, steps }
}

export function problemOn(workflow: Workflow, steps: readonly (readonly SyntheticCandidate[])[]): UncertainProblem {
  return { graph: graphOf(workflow), steps: steps.map(syntheticStep) }
}
