import type { CompiledSpace } from "../estimation/estimator.ts"
import { type Frontier, frontierOf, type FrontierRequest } from "./frontier.ts"

/** Builds frontiers, each only once as long as the cache holds it. All requests must have the same limits. */
export interface FrontierCache {
  get(request: FrontierRequest): Frontier
}

/** Frontiers kept per compiled space: the margins and warm counts of a run's decisions, a few kB each. */
const CAPACITY = 64

/**
 * A cache over `frontierOf` that forgets the entry unused longest. It belongs to one compiled space, thus to one
 * step, task count, percentile and model version; the key holds capacity, floor, margin and warm instances per size.
 */
export function frontierCache(): FrontierCache {
  const spaces = new WeakMap<CompiledSpace, Map<string, Frontier>>()
  return {
    get: (request) => {
      const entries = spaces.get(request.space) ?? new Map<string, Frontier>()
      spaces.set(request.space, entries)
      const key = keyOf(request)
      const found = entries.get(key) ?? frontierOf(request)
      entries.delete(key)
      entries.set(key, found)
      if (entries.size > CAPACITY) entries.delete(entries.keys().next().value!)
      return found
    },
  }
}

function keyOf({ space, capacity, memoryFloorMB, warm, margin }: FrontierRequest): string {
  const most = space.instances.at(-1)!
  const counts = Array.from(warm ?? [], (count, m) => (count > 0 ? `${m}:${Math.min(count, most)}` : ""))
  return [
    capacity?.vcpus ?? "",
    capacity?.instances ?? "",
    memoryFloorMB ?? 0,
    margin ?? 1,
    counts.filter((text) => text !== "").join(","),
  ].join("|")
}
