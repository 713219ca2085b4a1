import type { Graph } from "../../../workflow/graph.ts"
import { certain, type GridLaw, inParallel, inSeries, percentileOf } from "./grid-law.ts"

export interface Prewarming {
  readonly graph: Graph
  /** Times of steps whose instances are ready when they start. */
  readonly laws: readonly GridLaw[]
  /** From the call that warms a step's instances until they are ready, ms. */
  readonly initMs: ArrayLike<number>
  readonly percentile: number
  readonly deadlineMs: number
}

/** Orion's step of the hill climbing. */
const MOVE_MS = 100

/**
 * Orion's prewarming: how long after the run's start each step's instances are begun to be warmed, ms by step. All
 * start at 0; by turns each delay rises by 0.1 s as long as the percentile keeps the deadline and the instances are
 * ready before the step itself would start in the worst case counted. Steps without parents are never delayed.
 */
export function prewarmDelays(prewarming: Prewarming): Float64Array {
  const { graph, percentile, deadlineMs, initMs } = prewarming
  const delays = new Float64Array(graph.names.length)
  for (let moved = true; moved;) {
    moved = false
    for (const [i, parents] of graph.parents.entries()) {
      if (parents.length === 0) continue
      const raised = delays.slice()
      raised[i]! += MOVE_MS
      const ends = endsWith(prewarming, raised)
      const neededMs = percentileOf(allOf(parents.map((parent) => ends[parent]!)), percentile)
      if (raised[i]! + initMs[i]! > neededMs || percentileOf(allOf(ends), percentile) > deadlineMs) continue
      delays[i] = raised[i]!
      moved = true
    }
  }
  return delays
}

/** End of every step when none starts before its instances are ready. */
function endsWith({ graph, laws, initMs }: Prewarming, delays: Float64Array): GridLaw[] {
  const ends: GridLaw[] = []
  for (const [i, parents] of graph.parents.entries()) {
    const ready = certain(delays[i]! + initMs[i]!)
    ends.push(inSeries(allOf([ready, ...parents.map((parent) => ends[parent]!)]), laws[i]!))
  }
  return ends
}

function allOf(laws: readonly GridLaw[]): GridLaw {
  return laws.reduce(inParallel)
}
