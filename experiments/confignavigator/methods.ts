import {
  aquatope,
  charmseeker,
  configNavigator,
  MEASUREMENT_MS,
  type Plan,
  realClock,
  seededRandom,
  trimtabPlanner,
} from "../../src/index.ts"
import { type Pipeline, planOf } from "./pipeline.ts"
import { drive } from "./search-driver.ts"

/** A plan that a method found within a budget, and what it took to find. */
export interface Found {
  readonly method: string
  /** Null where it would deploy nothing. */
  readonly plan: Plan | null
  /** Measurements and computing, ms. */
  readonly searchMs: number
  /** Latency of the best so far as it was measured (searches) or predicted, by time, ms. */
  readonly convergence: readonly { readonly atMs: number; readonly latencyMs: number }[]
}

export interface FindOptions {
  readonly budgetUsd: number
  readonly seed: number
  /** Evaluations of the searches that measure: 40 in section 4.2, 80 in 4.4. */
  readonly evaluations: number
}

export type Method = (pipeline: Pipeline, options: FindOptions) => Promise<Found>

export const METHODS: Readonly<Record<string, Method>> = {
  Charmseeker: (pipeline, options) =>
    bySearch("Charmseeker", pipeline, options, () =>
      charmseeker(pipeline.space, targetOf(options), {
        random: seededRandom(options.seed),
        evaluations: options.evaluations,
      }),
    ),
  Aquatope: (pipeline, options) =>
    bySearch("Aquatope", pipeline, options, () =>
      aquatope(pipeline.space.steps, targetOf(options), { random: seededRandom(options.seed) }),
    ),
  ConfigNavigator: (pipeline, { budgetUsd, seed }) => {
    const { graph, steps, choices } = pipeline.space
    const { margins, problem } = choices
    const fromMs = realClock.monotonicMs()
    const navigated = { graph, steps, margins, percentile: problem.goal.percentile }
    const found = configNavigator(navigated, budgetUsd, { seed, rounds: NAVIGATOR_ROUNDS })
    const computeMs = realClock.monotonicMs() - fromMs
    // One local run of each function is its whole profile (section 3.1): the pipeline once.
    const profileMs = LOCAL_RUNS * MEASUREMENT_MS
    return Promise.resolve({
      method: "ConfigNavigator",
      plan: found === null ? null : planOf(pipeline, found.selection),
      searchMs: profileMs + computeMs,
      convergence: [...(found?.convergence ?? [])].map((latencyMs, round, all) => ({
        atMs: profileMs + (computeMs * (round + 1)) / all.length,
        latencyMs,
      })),
    })
  },
  Trimtab: (pipeline, { budgetUsd }) => {
    const fromMs = realClock.monotonicMs()
    const result = trimtabPlanner().plan(pipeline.problem({ kind: "latency", budgetUsd, percentile: 0.5 }))
    const searchMs = PROFILED_SIZES * MEASUREMENT_MS + realClock.monotonicMs() - fromMs
    return Promise.resolve({
      method: "Trimtab",
      plan: result.feasible ? result.plan : null,
      searchMs,
      convergence: result.feasible ? [{ atMs: searchMs, latencyMs: result.latencyMs }] : [],
    })
  },
}

/** Rounds of ConfigNavigator's cost allocation; the paper names no number. */
const NAVIGATOR_ROUNDS = 20
const LOCAL_RUNS = 1
/** Sizes at which our profile watches the pipeline. */
const PROFILED_SIZES = 5

function targetOf({ budgetUsd }: FindOptions): { readonly objective: "latency"; readonly bound: number } {
  return { objective: "latency", bound: budgetUsd }
}

async function bySearch(
  method: string,
  pipeline: Pipeline,
  options: FindOptions,
  create: () => Parameters<typeof drive>[1],
): Promise<Found> {
  const { best, convergence, measurementMs } = await drive(pipeline, create(), options)
  return {
    method,
    plan: best === null ? null : planOf(pipeline, best),
    searchMs: measurementMs,
    convergence: convergence.map((latencyMs, i) => ({ atMs: (i + 1) * MEASUREMENT_MS, latencyMs })),
  }
}
