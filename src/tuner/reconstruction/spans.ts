import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ObservedInvocation } from "../observation.ts"

/** When rows (steps, or steps in one log) began and ended in each run: `requestMs[row][run]`, NaN where it was not there. */
export interface SpanTable {
  readonly names: readonly string[]
  readonly runs: number
  /** First request: the start less the initialisation. */
  readonly requestMs: readonly Float64Array[]
  /** Last end. */
  readonly endMs: readonly Float64Array[]
  /** 1 where the first invocation found a warm instance: cold ones begin later than they were asked to. */
  readonly warm: readonly Uint8Array[]
  /** Invocations. */
  readonly count: readonly Uint32Array[]
}

/** How far ahead of the common clock each source is, ms; 0 for sources that are not in it. */
export type Ahead = ReadonlyMap<string, number>

/** Spans of the rows that `rowOf` names, on the common clock. O(invocations). */
export function spanTable(
  runs: readonly GatheredRun[],
  { rowOf, ahead }: { readonly rowOf: (invocation: ObservedInvocation) => string; readonly ahead: Ahead },
): SpanTable {
  const indexOf = new Map<string, number>()
  for (const run of runs)
    for (const invocation of run.invocations) {
      const name = rowOf(invocation)
      if (!indexOf.has(name)) indexOf.set(name, indexOf.size)
    }
  const table = {
    names: [...indexOf.keys()],
    runs: runs.length,
    requestMs: Array.from(indexOf, () => new Float64Array(runs.length).fill(Number.NaN)),
    endMs: Array.from(indexOf, () => new Float64Array(runs.length).fill(Number.NaN)),
    warm: Array.from(indexOf, () => new Uint8Array(runs.length)),
    count: Array.from(indexOf, () => new Uint32Array(runs.length)),
  }
  for (const [r, run] of runs.entries())
    for (const invocation of run.invocations) {
      const row = indexOf.get(rowOf(invocation))!
      const request = requestMs(invocation, ahead)
      const end = endMs(invocation, ahead)
      const requests = table.requestMs[row]!
      const ends = table.endMs[row]!
      table.count[row]![r]! += 1
      if (!(requests[r]! <= request)) {
        requests[r] = request
        table.warm[row]![r] = invocation.initMs === 0 ? 1 : 0
      }
      if (!(ends[r]! >= end)) ends[r] = end
    }
  return table
}

/** When the invocation was asked for, on the common clock. */
export function requestMs({ startMs, initMs, source }: ObservedInvocation, ahead: Ahead): number {
  return startMs - initMs - (ahead.get(source) ?? 0)
}

/** When it ended, on the common clock. */
export function endMs({ endMs: ms, source }: ObservedInvocation, ahead: Ahead): number {
  return ms - (ahead.get(source) ?? 0)
}

/** The step of an invocation: the one that the log names, else its function. */
export function stepNameOf({ step, functionName }: ObservedInvocation): string {
  return step ?? functionName
}
