/**
 * Non-critical path constriction (ConfigNavigator 3.3.1): cost is taken out where it does not lengthen the run.
 *
 * A1. In one batch, functions off the critical path move to their cheapest size within their slack. No two of them lie on
 *     one path, so no path grows by more than one slack, and the run is not longer afterwards.
 * A2. The batch recovers delta_r = alpha (C_real - C_bound), in USD: the functions that save most come first, and it
 *     stops when so much is recovered.
 * A3. Where slack does not recover it, single steps on the critical path follow, each time where a dollar costs least
 *     latency, as long as the run may get longer.
 * A4. A function moves only if its predicted cost falls (below one vCPU less memory often saves nothing).
 * A5. Nor does one move on the critical path whose saving of a percent makes the run longer by many.
 */
import { schedule } from "../../workflow/critical-path.ts"
import type { Graph } from "../../workflow/graph.ts"
import {
  type Chosen,
  costOf,
  lengthOf,
  presentOf,
  replaced,
  type SizeOption,
  type TunedPipeline,
} from "./tuned-pipeline.ts"

export interface ConstrictionLimits {
  /** How much is to be saved, USD a run (A2). */
  readonly recoverUsd: number
  /** How long the run may become, ms by the same prediction; Infinity: as long as it takes. */
  readonly longestMs: number
  /** Moves on the critical path at most (A3). */
  readonly criticalMoves: number
  /** Relative latency that a relative saving may cost (A5); Infinity: whatever it takes. */
  readonly dearest: number
}

/** The sizes after one round; those of present where nothing is to be gained. */
export function constrict(pipeline: TunedPipeline, limits: ConstrictionLimits): Chosen {
  const batch = offCritical(pipeline, limits.recoverUsd)
  return onCritical(pipeline, batch, limits)
}

interface Move {
  readonly index: number
  readonly option: SizeOption
  readonly savedUsd: number
}

function offCritical(pipeline: TunedPipeline, recoverUsd: number): Chosen {
  const { graph, steps } = pipeline
  const present = presentOf(pipeline)
  const { start, tail, length } = schedule(
    graph,
    present.map(({ latencyMs }) => latencyMs),
  )
  const moves = steps
    .map(({ now, options }, index): Move => {
      const roomMs = length - start[index]! - tail[index]!
      const option = options.findLast(({ latencyMs }) => latencyMs <= roomMs * (1 + 1e-12)) ?? now
      return { index, option, savedUsd: now.costUsd - option.costUsd }
    })
    .filter(({ savedUsd }) => savedUsd > 0)
    .sort((a, b) => b.savedUsd - a.savedUsd || a.index - b.index)
  const reach = reachable(graph)
  const taken: Move[] = []
  let recovered = 0
  for (const move of moves) {
    if (recovered >= recoverUsd) break
    if (taken.some(({ index }) => reach[index]!.has(move.index) || reach[move.index]!.has(index))) continue
    taken.push(move)
    recovered += move.savedUsd
  }
  return taken.reduce((chosen, { index, option }) => replaced(chosen, index, option), present)
}

function onCritical(pipeline: TunedPipeline, batch: Chosen, limits: ConstrictionLimits): Chosen {
  const presentUsd = costOf(presentOf(pipeline))
  let chosen = batch
  for (let moves = 0; moves < limits.criticalMoves; moves++) {
    const saved = presentUsd - costOf(chosen)
    if (saved >= limits.recoverUsd) break
    const next = cheapestInLatency(pipeline, chosen, limits)
    if (next === null) break
    chosen = next
  }
  return chosen
}

/** The next smaller size of the step where a dollar costs least latency (A3). */
function cheapestInLatency(
  pipeline: TunedPipeline,
  chosen: Chosen,
  { longestMs, dearest }: ConstrictionLimits,
): Chosen | null {
  const length = lengthOf(pipeline, chosen)
  const spentUsd = costOf(chosen)
  let best: { readonly chosen: Chosen; readonly msPerUsd: number } | null = null
  for (const [index, { options }] of pipeline.steps.entries()) {
    const now = chosen[index]!
    const option = options.find(({ costUsd, latencyMs }) => costUsd < now.costUsd && latencyMs >= now.latencyMs)
    if (option === undefined) continue
    const candidate = replaced(chosen, index, option)
    const longer = lengthOf(pipeline, candidate)
    if (longer > longestMs) continue
    const savedUsd = now.costUsd - option.costUsd
    if ((longer - length) / length > dearest * (savedUsd / spentUsd)) continue
    const msPerUsd = (longer - length) / savedUsd
    if (best === null || msPerUsd < best.msPerUsd) best = { chosen: candidate, msPerUsd }
  }
  return best?.chosen ?? null
}

/** The steps that come after each, by index. */
function reachable({ children }: Graph): readonly ReadonlySet<number>[] {
  const after: Set<number>[] = children.map(() => new Set())
  for (let i = children.length - 1; i >= 0; i--)
    for (const child of children[i]!) {
      after[i]!.add(child)
      for (const further of after[child]!) after[i]!.add(further)
    }
  return after
}
