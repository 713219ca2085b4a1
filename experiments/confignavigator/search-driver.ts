import { mean, MEASUREMENT_MS, type Search } from "../../src/index.ts"
import { ONE_BY_ONE } from "./streaming.ts"
import { type Pipeline, planOf } from "./pipeline.ts"

/** A search that was driven to its end on the platform. */
export interface Driven {
  /** What it would deploy; null as long as it believes in nothing within the budget. */
  readonly best: Int32Array | null
  /** By evaluation: mean latency of the best so far that was measured within the budget, ms; Infinity before. */
  readonly convergence: readonly number[]
  readonly measurementMs: number
}

/** Clips that pass while a configuration is watched; the first one starts cold and does not count. */
const CLIPS = 5

export interface DriveOptions {
  readonly budgetUsd: number
  readonly evaluations: number
  readonly seed: number
}

/** Lets a search measure on the platform, one configuration after the other, each for some 30 s of streaming. */
export async function drive(
  pipeline: Pipeline,
  search: Search,
  { budgetUsd, evaluations, seed }: DriveOptions,
): Promise<Driven> {
  const convergence: number[] = []
  let least = Infinity
  while (convergence.length < evaluations) {
    const left = evaluations - convergence.length
    const asked = search.ask(left).slice(0, left)
    if (asked.length === 0) break
    const samples = []
    for (const selection of asked) {
      const measured = await measure(pipeline, selection, seed * 1000 + convergence.length + samples.length)
      samples.push(measured)
      if (measured.costUsd <= budgetUsd) least = Math.min(least, measured.latencyMs)
    }
    search.tell(samples)
    for (const _ of samples) convergence.push(least)
  }
  return { best: search.best(), convergence, measurementMs: convergence.length * MEASUREMENT_MS }
}

type Sample = Parameters<Search["tell"]>[0][number]

async function measure(pipeline: Pipeline, selection: Int32Array, seed: number): Promise<Sample> {
  const played = await pipeline.stream.play(planOf(pipeline, selection), { runs: CLIPS + 1, seed, load: ONE_BY_ONE })
  const warm = <T>(values: readonly T[]): T[] => values.slice(1)
  const byStep = (runs: readonly (readonly number[])[]): Float64Array =>
    Float64Array.from(pipeline.space.steps, (_, i) => mean(warm(runs).map((run) => run[i]!)))
  return {
    selection,
    latencyMs: mean(warm(played.latencyMs)),
    costUsd: mean(warm(played.costUsd)),
    stepLatencyMs: byStep(played.stepMs),
    stepCostUsd: byStep(played.stepUsd),
  }
}
