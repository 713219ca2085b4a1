import type { FunctionVariant } from "../platforms/platform.ts"
import { vcpus } from "../workflow/limits.ts"
import type { EngineParts } from "./engine-parts.ts"
import { hasEnded, type RunState } from "./state.ts"

/** Most of a run's cost that prewarms which nobody used may take. */
const WASTE_SHARE = 0.05

/** A prewarm that was answered: for which step, on which variant, and how many instances it started. */
export interface Answered {
  readonly index: number
  readonly name: string
  readonly cold: number
}

/** What the prewarms of a run came to so far. */
export interface PrewarmTotals {
  readonly answered: readonly Answered[]
  /** Instances that prewarms started and nobody has used yet, by variant. */
  readonly unused: ReadonlyMap<string, number>
  readonly warmed: number
  readonly costUsd: number
}

/** Instances that the platform has room for beside what runs now and must stay free. */
export function roomFor({ memoryMB }: FunctionVariant, { platform, admission, load }: EngineParts): number {
  const { concurrency, vcpuTotal } = platform.limits
  const slots = concurrency.account - concurrency.keepFree - admission.inFlight
  if (vcpuTotal === null) return slots
  const free = vcpuTotal - load.busyVcpus
  return Math.min(slots, Math.floor(free / vcpus(platform.limits, memoryMB) + 1e-9))
}

/**
 * True when what was warmed in vain costs more than its share of the run. Only steps that have ended count: what was
 * warmed for the others may be used yet.
 */
export function tooWasteful(state: RunState, { answered, unused, warmed, costUsd }: PrewarmTotals): boolean {
  let misses = 0
  for (const { index, name, cold } of answered)
    if (hasEnded(state.steps[index]!.phase)) misses += Math.min(cold, unused.get(name) ?? 0)
  if (misses === 0) return false
  const expectedUsd = state.steps.reduce((sum, run) => sum + (run.decisions.at(-1)?.predicted.costUsd ?? 0), 0)
  return (costUsd / Math.max(1, warmed)) * misses > WASTE_SHARE * expectedUsd
}
