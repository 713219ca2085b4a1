import { schedule } from "../workflow/critical-path.ts"
import type { Graph } from "../workflow/graph.ts"
import { type Capacity, fits, minus } from "./capacity.ts"

/** What every step of a plan takes and occupies, by step index. */
export interface Load {
  readonly durationsMs: Float64Array
  readonly usage: readonly Capacity[]
}

/**
 * End of a plan on a platform of limited capacity, ms: the longest path, and waits where steps that are ready do not
 * fit together. Ready steps start in topological order, a step whole or not at all, an oversized one alone: no
 * earlier than a platform that admits single instances. O(V (V + E)) when something has to wait. NaN when a step's
 * duration is no number.
 */
export function planEnd(graph: Graph, { durationsMs, usage }: Load, whole: Capacity): number {
  const total = usage.reduce((sum, use) => ({ vcpus: sum.vcpus + use.vcpus, instances: sum.instances + use.instances }))
  if (fits(whole, total)) return schedule(graph, durationsMs).length
  const endMs = new Float64Array(graph.names.length).fill(NaN)
  const running = new Set<number>()
  const waiting = new Set(graph.names.keys())
  for (let now = 0; waiting.size > 0; now = nextEnd(running, endMs)) {
    if (Number.isNaN(now)) return NaN // nothing would ever end
    for (const i of running) if (endMs[i]! <= now) running.delete(i)
    for (const i of waiting) {
      if (!graph.parents[i]!.every((parent) => endMs[parent]! <= now)) continue
      const free = [...running].reduce((left, other) => minus(left, usage[other]!), whole)
      if (running.size > 0 && !fits(free, usage[i]!)) continue
      endMs[i] = now + durationsMs[i]!
      running.add(i)
      waiting.delete(i)
    }
  }
  return endMs.reduce((latest, end) => Math.max(latest, end), 0)
}

function nextEnd(running: ReadonlySet<number>, endMs: Float64Array): number {
  let next = Infinity
  for (const i of running) next = Math.min(next, endMs[i]!)
  return next
}
