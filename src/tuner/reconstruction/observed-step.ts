import type { ObservedInvocation, ObservedStep } from "../observation.ts"
import { measuredTimes, measuredValues } from "./measured.ts"

/** What one run says about one step. */
export interface StepInRun {
  readonly invocations: readonly ObservedInvocation[]
  /** Durations without what was called, in the order of the invocations. */
  readonly ownMs: readonly number[]
}

/** A step from all runs that have it. */
export function observedStep(name: string, inRuns: readonly StepInRun[], probability: number): ObservedStep {
  const invocations = inRuns.flatMap((run) => run.invocations)
  const newest = invocations.reduce((last, one) => (one.endMs > last.endMs ? one : last))
  const sizes = new Map<number, number>()
  for (const { memoryMB } of invocations) sizes.set(memoryMB, (sizes.get(memoryMB) ?? 0) + 1)
  const priced = invocations.every(({ costUsd }) => costUsd !== undefined)
  const memory = invocations.flatMap(({ maxMemoryMB }) => maxMemoryMB ?? [])
  const count = invocations.length
  return {
    name,
    functionName: newest.functionName,
    memoryMB: newest.memoryMB,
    sizes: [...sizes]
      .map(([memoryMB, seen]) => ({ memoryMB, share: seen / count }))
      .sort((a, b) => a.memoryMB - b.memoryMB),
    probability,
    count: measuredValues(inRuns.map((run) => run.invocations.length)),
    stepMs: measuredTimes(inRuns.map(spanMs)),
    durationMs: measuredTimes(invocations.map(({ durationMs }) => durationMs)),
    ownMs: measuredTimes(inRuns.flatMap((run) => run.ownMs)),
    costUsd: priced ? measuredValues(inRuns.map((run) => costOf(run.invocations))) : null,
    coldShare: shareOf(invocations, ({ initMs }) => initMs > 0),
    failedShare: shareOf(invocations, ({ outcome }) => outcome !== "ok"),
    maxMemoryMB: memory.length === 0 ? null : memory.reduce((most, one) => Math.max(most, one)),
  }
}

function spanMs({ invocations }: StepInRun): number {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const { startMs, initMs, endMs } of invocations) {
    from = Math.min(from, startMs - initMs)
    to = Math.max(to, endMs)
  }
  return to - from
}

/** Cost of invocations, USD; those without a price cost nothing. */
export function costOf(invocations: readonly ObservedInvocation[]): number {
  return invocations.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0)
}

function shareOf(invocations: readonly ObservedInvocation[], is: (invocation: ObservedInvocation) => boolean): number {
  return invocations.filter(is).length / invocations.length
}
