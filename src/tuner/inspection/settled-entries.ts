import { endOf, type Entry } from "./request-entry.ts"

/**
 * Of entries that no line names a run for, those of sessions (sessions.ts) that ended before an instant: whoever follows
 * in time belongs to the same one. O(n log n).
 */
export function settledEntries(
  entries: readonly Entry[],
  { beforeMs, quietMs }: { readonly beforeMs: number; readonly quietMs: number },
): readonly Entry[] {
  const sorted = entries.toSorted((a, b) => beganMs(a) - beganMs(b))
  let count = 0
  let lastEndMs = Number.NEGATIVE_INFINITY
  for (const [i, entry] of sorted.entries()) {
    if (beganMs(entry) > lastEndMs + quietMs) count = i
    lastEndMs = Math.max(lastEndMs, endOf(entry))
    if (lastEndMs >= beforeMs) return sorted.slice(0, count)
  }
  return sorted
}

function beganMs({ logged }: Entry): number {
  return logged === null ? 0 : logged.invocation.startMs - logged.invocation.initMs
}
