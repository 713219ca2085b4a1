import type { Graph } from "../../../workflow/graph.ts"
import { endToEndLaw } from "./end-to-end.ts"
import { type GridLaw, percentileOf } from "./grid-law.ts"

/** What a step may be sized to, by size: smallest first. */
export interface Sizes {
  readonly laws: readonly GridLaw[]
  readonly costUsd: ArrayLike<number>
}

export interface RightSizing {
  readonly graph: Graph
  readonly steps: readonly Sizes[]
  readonly percentile: number
  readonly deadlineMs: number
  readonly shouldStop?: (() => boolean) | undefined
}

interface State {
  readonly sizes: Int32Array
  readonly latencyMs: number
  readonly costUsd: number
  /** Drop of the percentile per added cost on the way here, ms per USD. */
  readonly rate: number
}

/** States that are expanded before the search goes on greedily, from the last one only. */
const MOST_EXPANDED = 200

/**
 * Orion's right-sizing: all steps at their smallest size, then best-first: of all states known the one that was reached
 * by the largest drop of the target percentile per added cost is expanded, one step one size up each, until one keeps
 * the deadline; the fastest state seen where none does. Indices of sizes by step.
 */
export function rightSize(problem: RightSizing): Int32Array {
  const { steps, deadlineMs } = problem
  const start = stateOf(problem, new Int32Array(steps.length), null)
  const seen = new Set<string>()
  let open: State[] = []
  let state = start
  let fastest = start
  for (let expanded = 0; state.latencyMs > deadlineMs && problem.shouldStop?.() !== true; expanded++) {
    if (expanded >= MOST_EXPANDED) open = []
    for (const next of successors(problem, state)) {
      const key = next.sizes.join()
      if (expanded < MOST_EXPANDED && seen.has(key)) continue
      seen.add(key)
      open.push(next)
    }
    if (open.length === 0) break
    const best = open.reduce((a, b, i) => (isBefore(b, open[a]!) ? i : a), 0)
    state = open[best]!
    open[best] = open.at(-1)!
    open.pop()
    if (state.latencyMs < fastest.latencyMs) fastest = state
  }
  return state.latencyMs <= deadlineMs ? state.sizes : fastest.sizes
}

function successors(problem: RightSizing, state: State): State[] {
  return problem.steps.flatMap(({ laws }, i) => {
    if (state.sizes[i]! + 1 >= laws.length) return []
    const sizes = state.sizes.slice()
    sizes[i]!++
    return [stateOf(problem, sizes, state)]
  })
}

function stateOf({ graph, steps, percentile }: RightSizing, sizes: Int32Array, from: State | null): State {
  const law = endToEndLaw(
    graph,
    steps.map(({ laws }, i) => laws[sizes[i]!]!),
  )
  const latencyMs = percentileOf(law, percentile)
  const costUsd = steps.reduce((sum, step, i) => sum + step.costUsd[sizes[i]!]!, 0)
  return { sizes, latencyMs, costUsd, rate: from === null ? 0 : rateOf(from, { latencyMs, costUsd }) }
}

/** More speed for no more money comes first. */
function rateOf(from: State, to: { readonly latencyMs: number; readonly costUsd: number }): number {
  const drop = from.latencyMs - to.latencyMs
  const added = to.costUsd - from.costUsd
  if (added <= 0) return drop >= 0 ? Infinity : 0
  return drop / added
}

function isBefore(a: State, b: State): boolean {
  return a.rate === b.rate ? a.latencyMs < b.latencyMs : a.rate > b.rate
}
