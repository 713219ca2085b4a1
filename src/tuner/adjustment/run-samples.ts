/**
 * What single runs say about other sizes. The longest path of mean times is shorter than the mean of longest paths: where
 * branches are about as long as each other it would call slack what noise needs. So sizes are judged by playing the newest
 * runs again, each with its own times, steps and content, as it would have gone at these sizes.
 */
import type { Graph } from "../../workflow/graph.ts"
import type { ObservedPipeline, ObservedRun } from "../observation.ts"
import { msAt, type SizeCurve } from "./size-curve.ts"
import { stepNameOf } from "./step-sums.ts"
import type { Chosen } from "./tuned-pipeline.ts"

/** One step in one run: what does not depend on its size, ms, and how often the time of its curve it takes beside. */
export type StepInRun = readonly [restMs: number, ratio: number]

/** By step; a step that the run does not have is not there. */
export type RunSample = Readonly<Record<string, StepInRun>>

/** Runs that are kept: enough for a mean within some percent, and played in microseconds. */
const KEPT = 40

export function samplesOf(
  runs: readonly ObservedRun[],
  { steps }: ObservedPipeline,
  curves: ReadonlyMap<string, SizeCurve>,
): readonly RunSample[] {
  const ownShare = new Map(
    steps.map(({ name, ownMs, durationMs }) => [
      name,
      durationMs.mean > 0 ? Math.min(1, ownMs.mean / durationMs.mean) : 1,
    ]),
  )
  const complete = runs.filter(({ complete }) => complete)
  return complete.slice(-KEPT).map((run) => sampleOf(run, { ownShare, curves }))
}

interface Known {
  readonly ownShare: ReadonlyMap<string, number>
  readonly curves: ReadonlyMap<string, SizeCurve>
}

function sampleOf({ invocations }: ObservedRun, { ownShare, curves }: Known): RunSample {
  const byStep = Map.groupBy(invocations, stepNameOf)
  return Object.fromEntries(
    [...byStep].map(([name, own]): [string, StepInRun] => {
      const pathMs =
        Math.max(...own.map(({ endMs }) => endMs)) - Math.min(...own.map(({ startMs, initMs }) => startMs - initMs))
      const curve = curves.get(name)
      if (curve === undefined) return [name, [pathMs, 0]]
      const curveMs = own.reduce((sum, { memoryMB }) => sum + msAt(curve, memoryMB), 0) / own.length
      // Of several invocations the path stretches as a whole.
      if (own.length > 1) return [name, [0, pathMs / curveMs]]
      const ownMs = Math.min(pathMs, own[0]!.durationMs * (ownShare.get(name) ?? 1))
      return [name, [pathMs - ownMs, ownMs / curveMs]]
    }),
  )
}

/** The newest runs of both. */
export function newestSamples(before: readonly RunSample[], newest: readonly RunSample[]): readonly RunSample[] {
  return [...before, ...newest].slice(-KEPT)
}

/** Runs of the steps of a graph, ready to be played. */
export interface PlayedRuns {
  /** Runs times steps. */
  readonly restMs: Float64Array
  readonly ratio: Float64Array
  readonly runs: number
}

export function playedRuns({ names }: Graph, samples: readonly RunSample[]): PlayedRuns {
  const restMs = new Float64Array(samples.length * names.length)
  const ratio = new Float64Array(samples.length * names.length)
  for (const [r, sample] of samples.entries())
    for (const [i, name] of names.entries()) {
      const found = Object.hasOwn(sample, name) ? sample[name]! : null
      restMs[r * names.length + i] = found?.[0] ?? 0
      ratio[r * names.length + i] = found?.[1] ?? 0
    }
  return { restMs, ratio, runs: samples.length }
}

/** Mean length of the runs at these sizes, ms. O(runs (V + E)). */
export function playedLength({ parents }: Graph, { restMs, ratio, runs }: PlayedRuns, chosen: Chosen): number {
  const n = parents.length
  const ends = new Float64Array(n)
  let sum = 0
  for (let r = 0; r < runs; r++) {
    let length = 0
    for (let i = 0; i < n; i++) {
      let start = 0
      for (const parent of parents[i]!) if (ends[parent]! > start) start = ends[parent]!
      const end = start + restMs[r * n + i]! + ratio[r * n + i]! * chosen[i]!.curveMs
      ends[i] = end
      if (end > length) length = end
    }
    sum += length
  }
  return sum / runs
}
