import { formatMs } from "../base/format.ts"
import type { LogCounts } from "../tuner/observation.ts"
import type { Reconstruction } from "../tuner/reconstruction/reconstruct.ts"

/** A clock is named when it is wrong by more than this, ms. */
const WORTH_SAYING_MS = 20

/** No platform takes longer from one step to the next, ms. */
const LONG_GAP_MS = 1_000

/** Clocks that are named one by one. */
const NAMED = 4

/** What a user should know about how the logs were read, as sentences. */
export function observationNotes(of: {
  readonly made: Reconstruction
  readonly counts: Omit<LogCounts, "missing">
  /** Runs in the logs, of which some may have been drawn. */
  readonly seen: number
}): readonly string[] {
  const { made, counts, seen } = of
  const note = (count: number, text: (count: string) => string): string[] =>
    count === 0 ? [] : [text(count.toLocaleString("en-US"))]
  const { runs } = made
  const byTime = runs.filter(({ joinedBy }) => joinedBy === "time").length
  return [
    ...(seen > runs.length
      ? [`rebuilt from ${runs.length.toLocaleString("en-US")} of ${seen.toLocaleString("en-US")} runs, drawn evenly`]
      : []),
    ...note(
      byTime,
      (count) =>
        `runs told apart by pauses alone, as no line names a run: ${count}; runs that overlap count as one: log a run id, or turn tracing on`,
    ),
    ...note(counts.malformed, (count) => `reports that could not be understood, left out: ${count}`),
    ...note(counts.duplicates, (count) => `reports that stood there twice, counted once: ${count}`),
    ...note(counts.late, (count) => `invocations that came long after their run, left out: ${count}`),
    ...note(counts.undated, (count) => `reports without a time, left out: ${count}`),
    ...note(made.missing, (count) => `records that must exist and were not found: ${count}`),
    ...clockNotes(made.clocks),
    ...(made.pipeline?.edges ?? [])
      .filter(({ kind, gapMs, evidence }) => kind === "after" && evidence > 0 && gapMs > LONG_GAP_MS)
      .map(
        ({ from, to, gapMs }) =>
          `${to} begins ${formatMs(gapMs)} after ${from} has ended: it waits on purpose, or their clocks differ`,
      ),
  ]
}

/** One note, the worst clocks first. */
function clockNotes(clocks: Reconstruction["clocks"]): readonly string[] {
  const wrong = clocks
    .filter(({ aheadMs }) => Math.abs(aheadMs) > WORTH_SAYING_MS)
    .sort((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs))
  if (wrong.length === 0) return []
  const named = wrong
    .slice(0, NAMED)
    .map(({ source, aheadMs }) => `${source} ${formatMs(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead" : "behind"}`)
  const rest = wrong.length > NAMED ? `, and ${wrong.length - NAMED} more` : ""
  return [`clocks that were wrong, put right: ${named.join(", ")}${rest}`]
}
