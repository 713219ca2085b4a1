import type { GatheredRun } from "../inspection/gathered-run.ts"
import { stepNameOf } from "./spans.ts"

/** Share of a step's invocations that one other step must have called for the step to be called by it. */
const MOSTLY = 0.5

/**
 * By step, the step whose function calls it and waits for it, as the traces say (span of the caller); null where nobody
 * of the run does. A step that nobody of its trace calls was called from outside.
 */
export function callersOf(runs: readonly GatheredRun[], names: readonly string[]): readonly (number | null)[] {
  const rowOf = new Map(names.map((name, row) => [name, row]))
  const calls = names.map(() => new Map<number, number>())
  const counts = names.map(() => 0)
  for (const { invocations } of runs) {
    const bySpan = new Map<string, number>()
    for (const invocation of invocations)
      if (invocation.spanId !== undefined) bySpan.set(invocation.spanId, rowOf.get(stepNameOf(invocation))!)
    if (bySpan.size === 0) continue
    for (const invocation of invocations) {
      const row = rowOf.get(stepNameOf(invocation))!
      const caller = invocation.calledBy === undefined ? undefined : bySpan.get(invocation.calledBy)
      counts[row]! += 1
      if (caller !== undefined && caller !== row) calls[row]!.set(caller, (calls[row]!.get(caller) ?? 0) + 1)
    }
  }
  const callers = calls.map((ofRow, row) => {
    const [caller, count] = [...ofRow].reduce((most, one) => (one[1] > most[1] ? one : most), [-1, 0])
    return count > MOSTLY * counts[row]! ? caller : null
  })
  // Functions that call each other in a ring have no order: nobody is taken as the caller.
  return callers.map((caller, row) => (isRing(callers, row) ? null : caller))
}

function isRing(callers: readonly (number | null)[], row: number): boolean {
  let at = callers[row] ?? null
  for (let steps = 0; at !== null && steps <= callers.length; steps++) {
    if (at === row) return true
    at = callers[at] ?? null
  }
  return at !== null
}
