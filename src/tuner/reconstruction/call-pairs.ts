import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ObservedInvocation } from "../observation.ts"

/**
 * What calls say about two clocks: a function begins no earlier than its caller, and ends no later than a caller that
 * waits for it. So the clock of the called one is ahead of the caller's by something between `atLeastMs` and `atMostMs`.
 */
export interface CallPair {
  readonly from: string
  readonly to: string
  readonly atLeastMs: number
  readonly atMostMs: number
  readonly count: number
}

/** The calls between two sources, those first that say most. O(invocations). */
export function callPairs(runs: readonly GatheredRun[]): readonly CallPair[] {
  const pairs = new Map<string, { -readonly [Key in keyof CallPair]: CallPair[Key] }>()
  for (const { invocations } of runs) {
    const bySpan = new Map<string, ObservedInvocation>()
    for (const one of invocations) if (one.spanId !== undefined) bySpan.set(one.spanId, one)
    if (bySpan.size === 0) continue
    for (const called of invocations) {
      const caller = called.calledBy === undefined ? undefined : bySpan.get(called.calledBy)
      if (caller === undefined || caller.source === called.source) continue
      const key = JSON.stringify([caller.source, called.source])
      const pair = pairs.get(key) ?? {
        from: caller.source,
        to: called.source,
        atLeastMs: Number.NEGATIVE_INFINITY,
        atMostMs: Number.POSITIVE_INFINITY,
        count: 0,
      }
      pairs.set(key, pair)
      pair.count += 1
      pair.atMostMs = Math.min(pair.atMostMs, called.startMs - called.initMs - (caller.startMs - caller.initMs))
      pair.atLeastMs = Math.max(pair.atLeastMs, called.endMs - caller.endMs)
    }
  }
  return [...pairs.values()].sort((a, b) => roomOf(a) - roomOf(b))
}

/** A caller that does not wait ends before what it called: then only the beginnings count. */
function waits({ atLeastMs, atMostMs }: CallPair): boolean {
  return atLeastMs <= atMostMs
}

function roomOf(pair: CallPair): number {
  return waits(pair) ? pair.atMostMs - pair.atLeastMs : Number.POSITIVE_INFINITY
}

/** How far `to` is ahead of `from`: nothing where that is possible, else the middle of what is. */
export function differenceOf(pair: CallPair): number {
  if (!waits(pair)) return Math.min(0, pair.atMostMs)
  if (pair.atLeastMs <= 0 && pair.atMostMs >= 0) return 0
  return (pair.atLeastMs + pair.atMostMs) / 2
}
