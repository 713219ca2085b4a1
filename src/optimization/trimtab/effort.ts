import { assertNever } from "../../base/assert-never.ts"
import type { SearchLimits } from "../selection-problem.ts"

/** `fast` rounds the relaxation, `default` searches 30 nodes (fewer above 50 steps), `exact` until a gap of 1e-4 or its limit. */
export type Effort = "fast" | "default" | "exact"

/** Gap at which a search is content: far below what any estimate knows. */
const GAP = 1e-4

const DEFAULT_NODES = 30

/** Nodes times steps of a default search: milliseconds. */
const DEFAULT_WORK = 1600

/** Nodes times steps of an exact search: seconds at most. */
const EXACT_WORK = 2_000_000

const MOST_NODES = 20_000

/** Above this many steps a node takes so long that only an exact search has any. */
const NODES_UP_TO = 500

/** What a search may do on a problem of so many steps: counts alone, so that a plan does not depend on the machine. */
export function limitsOf(effort: Effort, steps: number, shouldStop?: () => boolean): SearchLimits {
  const stop = shouldStop === undefined ? {} : { shouldStop }
  switch (effort) {
    case "fast":
      return { maxNodes: 0, gap: GAP, ...stop }
    case "default":
      return { maxNodes: defaultNodes(steps), gap: GAP, ...stop }
    case "exact":
      return { maxNodes: Math.min(MOST_NODES, Math.floor(EXACT_WORK / Math.max(1, steps))), gap: GAP, ...stop }
    default:
      return assertNever(effort)
  }
}

function defaultNodes(steps: number): number {
  return steps > NODES_UP_TO ? 0 : Math.min(DEFAULT_NODES, Math.ceil(DEFAULT_WORK / Math.max(1, steps)))
}
