import { assertNever } from "../../base/assert-never.ts"
import { coldStarts, latencyOf, pointOf } from "../../estimation/compiled-space.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { longestPath } from "../branch-and-bound/flat-problem.ts"
import { searchCost } from "../branch-and-bound/search-cost.ts"
import { searchLatency } from "../branch-and-bound/search-latency.ts"
import { CAUTIONS } from "../margins.ts"
import type { RunView } from "../policy.ts"
import type { SearchLimits } from "../selection-problem.ts"
import { type Outlook, spentUsd } from "../stepconf/outlook.ts"
import { situationOf, type Source } from "../stepconf/situation.ts"
import { expectedRest } from "./elapsed.ts"
import { entriesWithin, type Remaining, remainingOf } from "./remaining.ts"

/** A plan for the rest of a run: how the run stands, and what the plan leaves to each open step. */
export interface Replan {
  readonly outlook: Outlook
  /** Planned times of all steps, ms by step index; 0 for those that have ended. */
  readonly timesMs: Float64Array
  /** Latest end of each step that keeps the deadline when what follows takes its planned time, ms since the start. */
  readonly latestFinishMs: Float64Array
}

export interface ReplanOptions {
  readonly limits: SearchLimits
  /** Times of a plan made before, by step index: better than nothing where the search is stopped early. */
  readonly knownMs: Float64Array | null
}

/** Rounding of sums. */
const TOLERANCE = 1 + 1e-9

/** Plans the open steps of a run from now on: executed steps are done, running ones take what is expected of them. */
export function replan(source: Source, view: RunView, options: ReplanOptions): Replan {
  switch (view.goal.kind) {
    case "cost":
      return forDeadline(source, view, view.goal.sloMs, options)
    case "latency":
      return forBudget(source, view, view.goal.budgetUsd, options)
    default:
      return assertNever(view.goal)
  }
}

function forDeadline(source: Source, view: RunView, sloMs: number, options: ReplanOptions): Replan {
  for (const caution of CAUTIONS) {
    const stand = standOf(source, view, caution)
    const leastMs = longestPath(stand.remaining.problem, new Int32Array(stand.remaining.steps.length))
    const isLate = view.nowMs + leastMs > sloMs * TOLERANCE
    if (isLate && caution > 0) continue
    // A late run still ends as early as it can, but only its longest path hurries.
    const leftMs = isLate ? leastMs : Math.max(leastMs, sloMs - view.nowMs)
    return finished(stand, isLate ? "late" : "on-time", leftMs, cheapestWithinTime(stand, leftMs, options))
  }
  throw new Error("the last caution is 0")
}

function cheapestWithinTime({ remaining }: Stand, leftMs: number, { limits, knownMs }: ReplanOptions): Int32Array {
  const known = knownMs === null ? {} : { known: [entriesWithin(remaining, knownMs)] }
  const found = searchCost(remaining.problem, leftMs, { ...limits, ...known })
  return found?.selection ?? new Int32Array(remaining.steps.length)
}

function forBudget(source: Source, view: RunView, budgetUsd: number, { limits }: ReplanOptions): Replan {
  const stand = standOf(source, view, 1)
  const { problem } = stand.remaining
  const found = searchLatency(problem, budgetUsd - spentUsd(source, view), limits)
  if (found !== null) return finished(stand, "on-time", found.latencyMs, found.selection)
  const cheapest = Int32Array.from(problem.curves, ({ latencyMs }) => latencyMs.length - 1)
  return finished(stand, "over-budget", longestPath(problem, cheapest), cheapest)
}

interface Stand {
  readonly view: RunView
  readonly situation: Outlook["situation"]
  readonly remaining: Remaining
}

function standOf(source: Source, view: RunView, caution: number): Stand {
  const situation = situationOf(source, view, caution)
  const { graph, frontiers } = situation
  const restMs = new Float64Array(frontiers.length).fill(NaN)
  for (const name of view.running.keys()) restMs[graph.indexOf.get(name)!] = restOf(source, view, name)
  return { view, situation, remaining: remainingOf(graph, frontiers, restMs) }
}

/** What a running step is expected to take from now on; nothing for a configuration that its space does not know. */
function restOf(source: Source, view: RunView, name: string): number {
  const { config, startedAtMs } = view.running.get(name)!
  const space = source.spaceOf(view, name)
  const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))
  if (point === undefined) return 0
  const [medianMs, percentileMs] = [latencyOf(space, point, "median"), latencyOf(space, point, "percentile")]
  const rest = expectedRest({ medianMs, percentileMs, percentile: space.percentile }, view.nowMs - startedAtMs)
  return Number.isNaN(rest) ? 0 : rest
}

function finished(stand: Stand, kind: Outlook["kind"], leftMs: number, selection: Int32Array): Replan {
  const { view, situation, remaining } = stand
  const { curves, graph } = remaining.problem
  const planned = Float64Array.from(curves, ({ latencyMs }, k) => latencyMs[selection[k]!]!)
  const { tail } = schedule(graph, planned)
  const deadlineMs = view.nowMs + leftMs
  const timesMs = new Float64Array(remaining.at.length)
  const latestFinishMs = new Float64Array(remaining.at.length)
  for (const [k, i] of remaining.steps.entries()) {
    timesMs[i] = planned[k]!
    latestFinishMs[i] = deadlineMs - tail[k]!
  }
  return { outlook: { kind, situation: { ...situation, deadlineMs }, view }, timesMs, latestFinishMs }
}
