import type { ObservedInvocation } from "../observation.ts"

/**
 * By invocation, its duration less the time in which functions that it called were at work, ms. Who called whom is
 * told by the spans of the traces; without them all of the duration is its own.
 */
export function ownTimes(invocations: readonly ObservedInvocation[]): readonly number[] {
  const called = new Map<string, ObservedInvocation[]>()
  for (const invocation of invocations) {
    if (invocation.calledBy === undefined) continue
    const list = called.get(invocation.calledBy)
    if (list === undefined) called.set(invocation.calledBy, [invocation])
    else list.push(invocation)
  }
  return invocations.map((invocation) => {
    const inner = invocation.spanId === undefined ? undefined : called.get(invocation.spanId)
    if (inner === undefined) return invocation.durationMs
    return Math.max(0, invocation.durationMs - coveredMs(inner))
  })
}

/** Time in which at least one of them was asked for and had not ended. */
function coveredMs(invocations: readonly ObservedInvocation[]): number {
  const spans = invocations
    .map(({ startMs, initMs, endMs }) => ({ from: startMs - initMs, to: endMs }))
    .sort((a, b) => a.from - b.from)
  let sum = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { from, to } of spans) {
    if (to <= until) continue
    sum += to - Math.max(from, until)
    until = to
  }
  return sum
}
