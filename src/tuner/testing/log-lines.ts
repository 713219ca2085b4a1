import { formatPlatformReport } from "../../protocol/platform-report.ts"
import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ObservedInvocation } from "../observation.ts"

/** The logs of runs as platforms print them: lines by function, in the order in which they were written. */
export function logLinesOf(runs: readonly GatheredRun[]): ReadonlyMap<string, readonly string[]> {
  const invocations = runs.flatMap((run) => run.invocations).toSorted((a, b) => a.endMs - b.endMs)
  const byFunction = Map.groupBy(invocations, ({ functionName }) => functionName)
  return new Map([...byFunction].map(([name, own]) => [name, own.map(lineOf)]))
}

function lineOf(one: ObservedInvocation): string {
  return formatPlatformReport({
    requestId: one.requestId,
    durationMs: one.durationMs,
    billedMs: one.billedMs,
    memoryMB: one.memoryMB,
    maxMemoryUsedMB: one.maxMemoryMB ?? 0,
    ...(one.initMs > 0 ? { initMs: one.initMs } : {}),
    ...(one.runId === null ? {} : { tracing: { traceId: one.runId } }),
    details: {
      functionName: one.functionName,
      repeat: 0,
      coldStart: one.initMs > 0,
      startedAtMs: one.startMs,
      endedAtMs: one.endMs,
    },
  })
}
