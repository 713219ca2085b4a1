import { cheapestWithin } from "../frontier.ts"
import type { SelectionProblem } from "../selection-problem.ts"

/** Shares of the first savings that each round leaves to later ones: large savings get the slack first. */
const LEFT = [0.95, 0.85, 0.7, 0.5, 0.25, 0]

/**
 * Spends the slack that a selection leaves before the deadline, in six rounds of O(V + E + V log entries). A round is
 * a sweep from the last step for the time after each, then one from the first that moves steps to the cheapest entry
 * between their earliest start and what follows, if that saves enough, and carries the starts on. Never raises the
 * cost, never breaks a deadline that the selection keeps.
 */
export function reclaimBySweeps(problem: SelectionProblem, selection: Int32Array, deadlineMs: number): Int32Array {
  const chosen = Int32Array.from(selection)
  const tailMs = new Float64Array(chosen.length)
  const endMs = new Float64Array(chosen.length)
  const savings = new Float64Array(chosen.length)
  const round = (least: number): void => {
    sweepTails(problem, chosen, tailMs)
    sweepForward(problem, { chosen, tailMs, endMs, savings }, deadlineMs, least)
  }
  round(Infinity)
  const sorted = savings.filter((saving) => saving > 0).sort()
  for (const left of LEFT) round(left === 0 ? 0 : (sorted[Math.floor(left * sorted.length)] ?? 0))
  return chosen
}

interface Sweep {
  readonly chosen: Int32Array
  readonly tailMs: Float64Array
  readonly endMs: Float64Array
  /** What each step saves if it moves alone, USD. */
  readonly savings: Float64Array
}

/** The longest time from each step's end to the end of all, ms. */
function sweepTails({ graph, curves }: SelectionProblem, chosen: Int32Array, tailMs: Float64Array): void {
  for (let i = chosen.length - 1; i >= 0; i--) {
    let tail = 0
    for (const child of graph.children[i]!)
      tail = Math.max(tail, curves[child]!.latencyMs[chosen[child]!]! + tailMs[child]!)
    tailMs[i] = tail
  }
}

/** Moves every step that saves at least `least`, in topological order. */
function sweepForward({ graph, curves }: SelectionProblem, sweep: Sweep, deadlineMs: number, least: number): void {
  const { chosen, tailMs, endMs, savings } = sweep
  for (let i = 0; i < chosen.length; i++) {
    let start = 0
    for (const parent of graph.parents[i]!) start = Math.max(start, endMs[parent]!)
    const { latencyMs, costUsd } = curves[i]!
    const room = deadlineMs - start - tailMs[i]!
    const now = chosen[i]!
    savings[i] = 0
    if (now + 1 < latencyMs.length && latencyMs[now + 1]! <= room) {
      const to = cheapestWithin(curves[i]!, room)
      savings[i] = costUsd[now]! - costUsd[to]!
      if (savings[i]! >= least) chosen[i] = to
    }
    endMs[i] = start + latencyMs[chosen[i]!]!
  }
}
