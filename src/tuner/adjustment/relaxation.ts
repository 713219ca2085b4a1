/**
 * Critical path relaxation (ConfigNavigator 3.3.1): memory for the functions that make the run as long as it is, in small
 * steps one function at a time, since large ones move the critical path. Each step goes where a dollar buys most latency.
 */
import {
  type Chosen,
  costOf,
  lengthOf,
  presentOf,
  replaced,
  type SizeOption,
  type TunedPipeline,
} from "./tuned-pipeline.ts"

export interface RelaxationLimits {
  /** What the change may cost, USD a run; Infinity: whatever it takes. */
  readonly roomUsd: number
  /** Stop once the run is so much shorter, ms; Infinity: no such end. */
  readonly enoughMs: number
  readonly moves: number
  /** Grid positions that one move may go up. */
  readonly positions: number
  /** Where no single step gains so much, ms, two functions side by side take one together. */
  readonly leastMs: number
}

/** The sizes after at most `moves` steps; those of present where no step fits. Latency never rises by prediction. */
export function relax(pipeline: TunedPipeline, limits: RelaxationLimits): Chosen {
  const present = presentOf(pipeline)
  const presentMs = lengthOf(pipeline, present)
  let chosen = present
  let room = limits.roomUsd
  for (let move = 0; move < limits.moves; move++) {
    if (presentMs - lengthOf(pipeline, chosen) >= limits.enoughMs) break
    const next = bestMove(pipeline, chosen, { ...limits, roomUsd: room })
    if (next === null) break
    room -= next.costUsd
    chosen = next.chosen
  }
  return chosen
}

interface Move {
  readonly chosen: Chosen
  /** What it costs more. */
  readonly costUsd: number
  readonly gainMs: number
}

/**
 * Of one function, or of two: where two paths are as long as each other, neither of them alone makes the run shorter.
 */
function bestMove(pipeline: TunedPipeline, chosen: Chosen, limits: RelaxationLimits): Move | null {
  const singles = smallSteps(pipeline, chosen, limits)
  const single = bestOf(singles, { pipeline, chosen, roomUsd: limits.roomUsd })
  if (single !== null && single.gainMs >= limits.leastMs) return single
  const pairs = singles.flatMap((first) =>
    smallSteps(pipeline, first, limits).filter((both) => both.filter((one, i) => one !== chosen[i]).length === 2),
  )
  return bestOf(pairs, { pipeline, chosen, roomUsd: limits.roomUsd }) ?? single
}

/** Every small step of a single function. */
function smallSteps(
  pipeline: TunedPipeline,
  chosen: Chosen,
  { positions }: Pick<RelaxationLimits, "positions">,
): readonly Chosen[] {
  // Off the critical path there is nothing to gain, so that no move leads there.
  return pipeline.steps.flatMap(({ options }, index) =>
    options
      .filter((option) => isSmallStep(chosen[index]!, option, positions))
      .map((option) => replaced(chosen, index, option)),
  )
}

interface From {
  readonly pipeline: TunedPipeline
  readonly chosen: Chosen
  readonly roomUsd: number
}

/** The candidate where a dollar buys most latency; null where none makes the run shorter. */
function bestOf(candidates: readonly Chosen[], { pipeline, chosen, roomUsd }: From): Move | null {
  const length = lengthOf(pipeline, chosen)
  const spentUsd = costOf(chosen)
  let best: (Move & { readonly msPerUsd: number }) | null = null
  for (const candidate of candidates) {
    const costUsd = costOf(candidate) - spentUsd
    if (costUsd > roomUsd) continue
    const gainMs = length - lengthOf(pipeline, candidate)
    // What is faster and no dearer comes before everything.
    const msPerUsd = costUsd > 0 ? gainMs / costUsd : Infinity
    if (gainMs > 0 && (best === null || msPerUsd > best.msPerUsd))
      best = { chosen: candidate, costUsd, gainMs, msPerUsd }
  }
  return best
}

function isSmallStep(from: SizeOption, to: SizeOption, positions: number): boolean {
  return to.latencyMs < from.latencyMs && Math.abs(to.position - from.position) <= positions
}
