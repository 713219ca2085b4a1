import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { LogCounts, LogWindow, ObservedPipeline, WindowLimit } from "../observation.ts"
import { reconstruct, windowSummary, type Reconstruction } from "./reconstruct.ts"

/** The newest runs, from which the tuner judges what is published now. */
export interface RunWindow {
  add(run: GatheredRun): void
  /** What is in the window now; put together anew only when runs were added. */
  read(counts: Omit<LogCounts, "missing">): { readonly window: LogWindow; readonly pipeline: ObservedPipeline | null }
  /** Forgets all: what comes next was run by another configuration. */
  clear(): void
}

/** Runs that a window by time holds at most. */
const MOST = 10_000

/** A window of the newest runs, by count or by the time of their ends. */
export function runWindow(limit: WindowLimit): RunWindow {
  let runs: GatheredRun[] = []
  let made: Reconstruction | null = null
  return {
    add: (run) => {
      runs.push(run)
      runs = trimmed(runs, limit)
      made = null
    },
    read: (counts) => {
      made ??= reconstruct(runs)
      const observed = made.runs.toSorted((a, b) => a.startMs - b.startMs)
      const window = { ...windowSummary(observed), observed, counts: { ...counts, missing: made.missing } }
      return { window, pipeline: made.pipeline }
    },
    clear: () => {
      runs = []
      made = null
    },
  }
}

function trimmed(runs: GatheredRun[], limit: WindowLimit): GatheredRun[] {
  const most = limit.kind === "runs" ? limit.runs : MOST
  const newest = runs.length > most ? newestOf(runs, most) : runs
  if (limit.kind === "runs") return newest
  const fromMs = newest.reduce((latest, run) => Math.max(latest, endOf(run)), 0) - limit.ms
  return newest.filter((run) => endOf(run) >= fromMs)
}

/** Runs are closed in about the order of their ends: only the one that ended first goes. */
function newestOf(runs: GatheredRun[], most: number): GatheredRun[] {
  return runs.toSorted((a, b) => endOf(a) - endOf(b)).slice(-most)
}

function endOf({ invocations }: GatheredRun): number {
  return invocations.reduce((latest, { endMs }) => Math.max(latest, endMs), 0)
}
