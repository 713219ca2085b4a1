import type { ObservedInvocation } from "../observation.ts"
import type { GatheredRun } from "./gathered-run.ts"

/**
 * Runs by time, where no log names them: invocations of one run follow each other, and between two runs nothing happens
 * for `quietMs`. Runs that overlap count as one. O(n log n).
 */
export function sessionsOf(invocations: readonly ObservedInvocation[], quietMs: number): readonly GatheredRun[] {
  const sorted = invocations.toSorted((a, b) => beganMs(a) - beganMs(b))
  const sessions: ObservedInvocation[][] = []
  let lastEndMs = Number.NEGATIVE_INFINITY
  for (const invocation of sorted) {
    if (beganMs(invocation) > lastEndMs + quietMs) sessions.push([])
    sessions.at(-1)!.push(invocation)
    lastEndMs = Math.max(lastEndMs, invocation.endMs)
  }
  return sessions.map((session) => ({
    runId: `at-${new Date(beganMs(session[0]!)).toISOString()}`,
    joinedBy: "time",
    invocations: session,
  }))
}

function beganMs({ startMs, initMs }: ObservedInvocation): number {
  return startMs - initMs
}
