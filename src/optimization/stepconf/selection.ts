import { cheapestWithin, mostCostEffective } from "../frontier.ts"
import type { StepChoices } from "../step-choices.ts"
import { type OpenSteps, subSlos } from "./sub-slos.ts"

/** Windows are worked out anew after each step up to this many steps; above it once, as that is cubic. */
const SEQUENTIAL_UP_TO = 200

/**
 * Algorithm 1 as a dry run: steps in order, each gets the cheapest entry of its frontier within its sub-SLO and ends
 * as predicted, so that the slack it leaves goes to those after it. The deadline must not be below the longest path
 * of fastest times; then the result keeps it.
 */
export function stepConfSelection(choices: StepChoices, deadlineMs: number): Int32Array {
  const { graph, frontiers } = choices
  const n = graph.names.length
  const steps: OpenSteps = {
    graph,
    open: new Uint8Array(n).fill(1),
    fastestMs: Float64Array.from(frontiers, (frontier) => frontier.latencyMs[0]!),
    weightMs: Float64Array.from(frontiers, (frontier) => frontier.latencyMs[mostCostEffective(frontier)]!),
    releaseMs: new Float64Array(n),
    deadlineMs,
  }
  const selection = new Int32Array(n)
  let windows = subSlos(steps)
  for (let i = 0; i < n; i++) {
    if (i > 0 && n <= SEQUENTIAL_UP_TO) windows = subSlos(steps)
    const frontier = frontiers[i]!
    const start = steps.releaseMs[i]!
    selection[i] = Math.max(0, cheapestWithin(frontier, (windows.endMs[i]! - start) * (1 + 1e-9)))
    steps.open[i] = 0
    const end = start + frontier.latencyMs[selection[i]!]!
    for (const child of graph.children[i]!) steps.releaseMs[child] = Math.max(steps.releaseMs[child]!, end)
  }
  return selection
}
