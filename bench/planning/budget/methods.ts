import { seededRandom } from "../../../src/base/random.ts"
import { configNavigator } from "../../../src/optimization/confignavigator/config-navigator.ts"
import {
  measureEstimates,
  MEASUREMENT_MS,
  runSearch,
  type Search,
  type Target,
} from "../../../src/optimization/search.ts"
import { aquatope } from "../../../src/optimization/searches/aquatope.ts"
import { charmseeker } from "../../../src/optimization/searches/charmseeker.ts"
import { solveBudget } from "../../../src/optimization/trimtab/solve.ts"
import type { Pipeline } from "./pipelines.ts"

/** What a method deploys for one budget and seed. */
export interface Found {
  readonly method: string
  /** Infinity where it would deploy nothing within the budget. */
  readonly latencyMs: number
  /** Its own computing. */
  readonly computeMs: number
  /** Runs of the pipeline that it has to watch, each for `MEASUREMENT_MS`. */
  readonly evaluations: number
}

export type Method = (pipeline: Pipeline, budgetUsd: number, seed: number) => readonly Found[]

/** Sizes that a profile campaign of ours would run the pipeline at. */
export const PROFILED_SIZES = 5

/** Our planner at its default effort. */
export const ours: Method = ({ problem, space }, budgetUsd) => {
  const startedAt = performance.now()
  const solved = solveBudget(problem, budgetUsd, { effort: "default" })
  const computeMs = performance.now() - startedAt
  if (solved === null) return [{ method: "ours", latencyMs: Infinity, computeMs, evaluations: 0 }]
  const curves = problem.curves.map((curve) => ({
    ...curve,
    medianMs: curve.latencyMs,
    logSd: curve.latencyMs,
    inputs: [],
    configs: [],
  }))
  const { latencyMs, costUsd } = measureEstimates({ graph: space.graph, steps: curves })(solved.selection)
  const kept = costUsd <= budgetUsd * (1 + 1e-9)
  return [{ method: "ours", latencyMs: kept ? latencyMs : Infinity, computeMs, evaluations: 0 }]
}

/** ConfigNavigator after 20, 100 and 1,000 rounds of one search; one local run gives it its profile. */
export function navigators(rounds: readonly number[]): Method {
  return ({ space }, budgetUsd, seed) => {
    const startedAt = performance.now()
    const most = Math.max(...rounds)
    const found = configNavigator(space, budgetUsd, { seed, rounds: most })
    const computeMs = performance.now() - startedAt
    return rounds.map((count) => ({
      method: `config-navigator ${count} rounds`,
      latencyMs: found?.convergence[count - 1] ?? Infinity,
      computeMs: (computeMs * count) / most,
      evaluations: 1,
    }))
  }
}

/** Aquatope after 40 and 80 evaluations of one search, whose first half does not depend on how long it goes on. */
export const aquatopes: Method = (pipeline, budgetUsd, seed) => {
  const target: Target = { objective: "latency", bound: budgetUsd }
  const search = aquatope(pipeline.space.steps, target, { random: seededRandom(seed) })
  const first = timed(pipeline, search, { target, evaluations: 40, before: 0 })
  const second = timed(pipeline, search, { target, evaluations: 40, before: 40 })
  return [first, { ...second, computeMs: first.computeMs + second.computeMs }]
}

/** Charmseeker with 40 and with 80 evaluations, which its outer loops depend on. */
export const charmseekers: Method = (pipeline, budgetUsd, seed) =>
  [40, 80].map((evaluations) => {
    const target: Target = { objective: "latency", bound: budgetUsd }
    const search = charmseeker(pipeline.space, target, { random: seededRandom(seed), evaluations })
    return timed(pipeline, search, { target, evaluations, before: 0 })
  })

function timed(
  { space }: Pipeline,
  search: Search,
  at: { readonly target: Target; readonly evaluations: number; readonly before: number },
): Found {
  const measure = measureEstimates(space)
  const startedAt = performance.now()
  const { best } = runSearch(search, measure, at)
  const computeMs = performance.now() - startedAt
  const evaluations = at.before + at.evaluations
  const latencyMs = best === null ? Infinity : measure(best).latencyMs
  return { method: `${search.name} ${evaluations} evaluations`, latencyMs, computeMs, evaluations }
}

/** Seconds until a method answers when its evaluations have to be watched. */
export function searchSeconds({ computeMs, evaluations }: Pick<Found, "computeMs" | "evaluations">): number {
  return (computeMs + evaluations * MEASUREMENT_MS) / 1000
}
