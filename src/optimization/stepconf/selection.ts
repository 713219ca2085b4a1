import { cheapestWithin, type Frontier, mostCostEffective } from "../frontier.ts"
import { pricedSelection } from "../priced-selection.ts"
import { reclaim, selectionCost } from "../reclaim.ts"
import type { StepChoices } from "../step-choices.ts"
import { type OpenSteps, subSlos } from "./sub-slos.ts"

/** Open steps with what they can choose from; undefined for steps that are not open. */
export interface OpenChoices extends OpenSteps {
  readonly frontiers: readonly (Frontier | undefined)[]
}

/** Windows are worked out anew after each step up to this many steps; above it once, as that is cubic. */
const SEQUENTIAL_UP_TO = 64

/** Rounding of sums of latencies. */
const TOLERANCE = 1 + 1e-9

/** A problem before a run as open steps: everything is open and released at 0. */
export function allOpen({ graph, frontiers }: StepChoices, deadlineMs: number): OpenChoices {
  const n = graph.names.length
  return {
    graph,
    frontiers,
    open: new Uint8Array(n).fill(1),
    fastestMs: Float64Array.from(frontiers, (frontier) => frontier.latencyMs[0]!),
    weightMs: Float64Array.from(frontiers, (frontier) => frontier.latencyMs[mostCostEffective(frontier)]!),
    releaseMs: new Float64Array(n),
    deadlineMs,
  }
}

/**
 * Algorithm 1 as a dry run: steps in order, each gets the cheapest entry of its frontier within its sub-SLO and ends
 * as predicted, so that the slack it leaves goes to those after it. The deadline must not be below the longest path
 * of fastest times; then the result keeps it.
 */
export function stepConfSelection(choices: OpenChoices): Int32Array {
  const { graph, frontiers } = choices
  const n = graph.names.length
  const steps = { ...choices, open: Uint8Array.from(choices.open), releaseMs: Float64Array.from(choices.releaseMs) }
  const selection = new Int32Array(n)
  let windows = subSlos(steps)
  for (let i = 0, decided = 0; i < n; i++) {
    const frontier = frontiers[i]
    if (frontier === undefined) continue
    if (decided++ > 0 && n <= SEQUENTIAL_UP_TO) windows = subSlos(steps)
    const start = steps.releaseMs[i]!
    selection[i] = Math.max(0, cheapestWithin(frontier, (windows.endMs[i]! - start) * TOLERANCE))
    steps.open[i] = 0
    const end = start + frontier.latencyMs[selection[i]!]!
    for (const child of graph.children[i]!) steps.releaseMs[child] = Math.max(steps.releaseMs[child]!, end)
  }
  return selection
}

/**
 * The cheapest of three selections within the deadline: Algorithm 1's, one price of time for all steps, and everything
 * at its fastest, each with its slack spent.
 */
export function cheapestSelection(choices: OpenChoices): Int32Array {
  const deadlineMs = choices.deadlineMs * TOLERANCE
  const fastest = new Int32Array(choices.frontiers.length)
  const candidates = [stepConfSelection(choices), pricedSelection(choices, deadlineMs), fastest]
  return candidates
    .map((selection) => reclaim(choices, selection, deadlineMs))
    .reduce((a, b) => (selectionCost(choices, b) < selectionCost(choices, a) ? b : a))
}
