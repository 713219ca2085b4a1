import { assertNever } from "../../base/assert-never.ts"
import type { SearchLimits } from "../selection-problem.ts"

/**
 * `fast` rounds the relaxation, `default` searches 30 nodes (fewer above 50 steps; above 500 some only while the gap is
 * large), `exact` until a gap of 1e-4 or its limit.
 */
export type Effort = "fast" | "default" | "exact"

/** Gap at which a search is content: far below what any estimate knows. */
const GAP = 1e-4

const DEFAULT_NODES = 30

/** Nodes times steps of a default search: milliseconds. */
const DEFAULT_WORK = 1600

/** Nodes times steps of an exact search: seconds at most. */
const EXACT_WORK = 2_000_000

const MOST_NODES = 20_000

/**
 * Above this many steps a node takes milliseconds: a default search has some where rounding leaves a larger gap than
 * this, which happens under loose deadlines, and none elsewhere.
 */
const LARGE_FROM = 500
const LARGE_NODES = 20
const LARGE_GAP = 3.5e-3

/** What a search may do on a problem of so many steps: counts alone, so that a plan does not depend on the machine. */
export function limitsOf(effort: Effort, steps: number, shouldStop?: () => boolean): SearchLimits {
  const stop = shouldStop === undefined ? {} : { shouldStop }
  switch (effort) {
    case "fast":
      return { maxNodes: 0, gap: GAP, ...stop }
    case "default":
      return steps > LARGE_FROM
        ? { maxNodes: LARGE_NODES, gap: LARGE_GAP, ...stop }
        : { maxNodes: defaultNodes(steps), gap: GAP, ...stop }
    case "exact":
      return { maxNodes: Math.min(MOST_NODES, Math.floor(EXACT_WORK / Math.max(1, steps))), gap: GAP, ...stop }
    default:
      return assertNever(effort)
  }
}

function defaultNodes(steps: number): number {
  return Math.min(DEFAULT_NODES, Math.ceil(DEFAULT_WORK / Math.max(1, steps)))
}
