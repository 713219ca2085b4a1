import { latinHypercube } from "../searches/allowances.ts"
import type { Random } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { EstimatedOptions } from "../searches/search-space.ts"
import { type Contracted, longestPath } from "./contracted.ts"

/** A group after its search: what it costs for certain and how long it takes, by Monte Carlo. */
export interface EquivalentStep {
  readonly costUsd: number
  /** Median with the margin towards the percentile, as the latencies of steps are. */
  readonly latencyMs: number
  /** By scenario. */
  readonly samplesMs: Float64Array
}

/** Times of steps in scenarios that are the same for every configuration: `z[step][scenario]`, standard normal. */
export interface Scenarios {
  readonly count: number
  readonly z: readonly Float64Array[]
}

export function scenariosOf(steps: number, count: number, random: Random): Scenarios {
  const uniforms = latinHypercube({ rows: count, columns: steps, random })
  const z = Array.from({ length: steps }, (_, i) =>
    Float64Array.from(uniforms, (row) => normalQuantile(clamp(row[i]!))),
  )
  return { count, z }
}

function clamp(u: number): number {
  return Math.min(1 - 1e-12, Math.max(1e-12, u))
}

/** Times of one option of a step in all scenarios: its lognormal law. */
export function stepSamples(options: EstimatedOptions, option: number, z: Float64Array): Float64Array {
  const [median, sd] = [options.medianMs[option]!, options.logSd[option]!]
  return z.map((score) => median * Math.exp(sd * score))
}

/** Sums along and maxima over the paths of a group in every scenario, `nodes` by contracted node. */
export function longestPaths(contracted: Contracted, nodes: readonly Float64Array[]): Float64Array {
  const durations = new Float64Array(nodes.length)
  const ends = new Float64Array(nodes.length)
  const out = new Float64Array(nodes[0]!.length)
  for (let s = 0; s < out.length; s++) {
    for (let node = 0; node < nodes.length; node++) durations[node] = nodes[node]![s]!
    out[s] = longestPath(contracted, durations, ends)
  }
  return out
}

/** The latency that stands for the samples: median plus `margin` of the way to the percentile. */
export function latencyOfSamples(
  samplesMs: Float64Array,
  { percentile, margin }: { readonly percentile: number; readonly margin: number },
): number {
  const sorted = samplesMs.toSorted()
  const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!
  return at(0.5) + margin * (at(percentile) - at(0.5))
}
