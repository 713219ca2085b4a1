/**
 * Searches that know a workflow only by running it: they ask for selections to measure and are told what those took.
 *
 * S1. A search draws from its own seeded stream alone: the same seed and the same answers give the same questions.
 * S2. An evaluation is one run of the whole workflow in one selection, measured for `MEASUREMENT_MS`. It tells the
 *     latency and the cost of the workflow and of every step.
 */
import type { Random } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { schedule } from "../workflow/critical-path.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Graph } from "../workflow/graph.ts"
import type { EstimatedOptions } from "./searches/search-space.ts"

/** How long one configuration is watched under load until its figures are known: ConfigNavigator, section 4.4. */
export const MEASUREMENT_MS = 30_000

/** What a run in one selection took. */
export interface Sample {
  /** Option of each step, by step index. */
  readonly selection: Int32Array
  readonly latencyMs: number
  readonly costUsd: number
  readonly stepLatencyMs: Float64Array
  readonly stepCostUsd: Float64Array
}

/** A search by ask and tell. Every answer to `ask` is told before the next one. */
export interface Search {
  readonly name: string
  /** Selections to measure next, between 1 and `left` of them; none when the search has ended by itself. */
  ask(left: number): readonly Int32Array[]
  tell(samples: readonly Sample[]): void
  /** What the search would deploy; null as long as it believes in nothing that keeps the bound. */
  best(): Int32Array | null
}

/** What is made small and what must stay within a bound: a goal without its units. */
export interface Target {
  readonly objective: "latency" | "cost"
  /** USD for a latency objective, ms for a cost objective. */
  readonly bound: number
}

export function targetOf(goal: Goal): Target {
  return goal.kind === "cost"
    ? { objective: "cost", bound: goal.sloMs }
    : { objective: "latency", bound: goal.budgetUsd }
}

/** Objective and constraint of something that has a latency and a cost. */
export function sidesOf(
  target: Target,
  { latencyMs, costUsd }: { readonly latencyMs: number; readonly costUsd: number },
): { readonly objective: number; readonly constraint: number } {
  return target.objective === "latency"
    ? { objective: latencyMs, constraint: costUsd }
    : { objective: costUsd, constraint: latencyMs }
}

/** Rounding of sums of latencies and costs. */
const TOLERANCE = 1 + 1e-9

export function keepsBound(target: Target, sample: { readonly latencyMs: number; readonly costUsd: number }): boolean {
  return sidesOf(target, sample).constraint <= target.bound * TOLERANCE
}

/** The sample of least objective among those that keep the bound. */
export function bestSample<S extends Sample>(samples: readonly S[], target: Target): S | null {
  let best: S | null = null
  for (const sample of samples) {
    if (!keepsBound(target, sample)) continue
    if (best === null || sidesOf(target, sample).objective < sidesOf(target, best).objective) best = sample
  }
  return best
}

/** Noise of one measured step: lognormal of mean-free logarithm, and now and then a run that took far longer. */
export interface MeasurementNoise {
  readonly random: Random
  /** Sd of the logarithm. */
  readonly logSd: number
  /** Share of measurements that take `outlierFactor` times as long. */
  readonly outlierShare?: number
  readonly outlierFactor?: number
}

export type Measure = (selection: Int32Array) => Sample

/** Runs on the estimates of a space; exact without noise. Money follows the measured time. */
export function measureEstimates(
  space: { readonly graph: Graph; readonly steps: readonly EstimatedOptions[] },
  noise?: MeasurementNoise,
): Measure {
  return (selection) => {
    const factors = space.steps.map(() => (noise === undefined ? 1 : noiseFactor(noise)))
    const stepLatencyMs = Float64Array.from(space.steps, (step, i) => step.latencyMs[selection[i]!]! * factors[i]!)
    const stepCostUsd = Float64Array.from(space.steps, (step, i) => step.costUsd[selection[i]!]! * factors[i]!)
    return {
      selection,
      latencyMs: schedule(space.graph, stepLatencyMs).length,
      costUsd: stepCostUsd.reduce((sum, cost) => sum + cost, 0),
      stepLatencyMs,
      stepCostUsd,
    }
  }
}

function noiseFactor({ random, logSd, outlierShare = 0, outlierFactor = 1 }: MeasurementNoise): number {
  const factor = Math.exp(logSd * normalQuantile(0.5 / 2 ** 52 + random.next()))
  return random.next() < outlierShare ? factor * outlierFactor : factor
}

export interface SearchRun {
  readonly best: Int32Array | null
  /** In the order of their measurement. */
  readonly samples: readonly Sample[]
  /** Time that the measurements alone would take, one after the other. */
  readonly measurementMs: number
  /** By evaluation: the objective of the best sample so far that kept the bound, Infinity before there is one. */
  readonly convergence: Float64Array
}

/** Drives a search until it ends or has used its evaluations. */
export function runSearch(
  search: Search,
  measure: Measure,
  { evaluations, target, shouldStop }: { evaluations: number; target: Target; shouldStop?: () => boolean },
): SearchRun {
  const samples: Sample[] = []
  const goesOn = (): boolean => samples.length < evaluations && shouldStop?.() !== true
  while (goesOn()) {
    const asked = search.ask(evaluations - samples.length).slice(0, evaluations - samples.length)
    if (asked.length === 0) break
    const told = asked.map(measure)
    samples.push(...told)
    search.tell(told)
  }
  const convergence = new Float64Array(samples.length)
  let least = Infinity
  for (const [i, sample] of samples.entries()) {
    if (keepsBound(target, sample)) least = Math.min(least, sidesOf(target, sample).objective)
    convergence[i] = least
  }
  return { best: search.best(), samples, measurementMs: samples.length * MEASUREMENT_MS, convergence }
}
